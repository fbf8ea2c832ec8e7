"""The examples in the help of each command: what to type, and what it does.

A test runs each of them; those that serve, ask or need another machine are checked only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Example = tuple[str, str]

EXAMPLES: Final[Mapping[str, tuple[Example, ...]]] = {
    "init": (
        ("papaya init city.yaml", "Write a manifest to start from."),
        ("papaya init --from-csv devices.csv -o new/fleet.yaml --yes", "Start from a table of devices."),
        ("papaya init --from-server -o live/fleet.yaml --yes", "Start from the devices of a server."),
    ),
    "validate": (
        ("papaya validate", "Check the manifest in this folder."),
        ("papaya validate fleet.yaml --json", ""),
    ),
    "render": (
        ("papaya render", "Print the fleet with everything merged in."),
        ("papaya render --device PM-0001 -o ../bundle.yaml", "Write what one device needs."),
    ),
    "schema": (("papaya schema > fleet.schema.json", "Let an editor complete and check manifests."),),
    "plan": (
        ("papaya plan", "Compare the manifest in this folder with its server."),
        ("papaya plan fleet.yaml 'INDIA/Karnataka/PM-*'", "Only some devices."),
        ("papaya plan -o plan.json", "Save the plan; papaya apply plan.json carries out exactly this."),
    ),
    "apply": (
        ("papaya apply", "Show the plan, ask, and carry it out."),
        ("papaya apply --yes --target PM-0001", "One device, without a question."),
    ),
    "drift": (("papaya drift --detailed-exitcode", "Exit with 2 if somebody changed something."),),
    "show": (
        ("papaya show INDIA/Karnataka", "One place, with who is online."),
        ("papaya show --offline --sort seen", "Which devices are offline, and since when?"),
        ("papaya show --silent-for 1h --json", "For a script."),
    ),
    "open": (("papaya open PM-0001 --print", "Print the address of a device's page in ThingsBoard."),),
    "call": (
        ("papaya call PM-0001 ping --yes", "Ask one device whether its agent is there."),
        (
            """papaya call 'INDIA/*/PM-*' identify '{"color": "green"}' --yes""",
            "Send a command to many devices.",
        ),
    ),
    "alarms": (
        ("papaya alarms", "List the server's alarms of this fleet."),
        ("papaya alarms INDIA/Karnataka --ack --yes", "Acknowledge those of one place."),
    ),
    "export": (
        ("papaya export -o live", "Write what is on the server as a manifest."),
        ("papaya export fleet.yaml -o live.yaml", "Ask the server that fleet.yaml names."),
    ),
    "credentials": (("papaya credentials show PM-0001", ""),),
    "credentials activation-link": (
        ("papaya credentials activation-link viewer@city.example", "Send the link to the user alone."),
    ),
    "credentials export": (("papaya credentials export -o tokens.csv", ""),),
    "credentials rotate": (
        ("papaya credentials rotate --out old-and-new.json --allow-token-change 1 PM-0001", ""),
    ),
    "credentials show": (("papaya credentials show PM-0001 --show-token", "Print the token itself."),),
    "forget": (("papaya forget PM-0002 --yes", "Keep the device on the server, unmanaged."),),
    "destroy": (("papaya destroy --target PM-0003 --allow-destroy 1 --yes", "Delete one device."),),
    "provision": (
        ("papaya provision PM-0001", "Register this machine, with a user's credentials."),
        ("papaya provision PM-0001 --dry-run", "Show what would change."),
    ),
    "locate": (("papaya locate PM-0001", ""),),
    "handshake": (("papaya handshake PM-0001", "Send telemetry, and read it back."),),
    "agent": (
        ("papaya agent PM-0001 --simulate", "Send simulated data, until Ctrl-C."),
        ("papaya agent read --device PM-0001", "Read its sensors once, without a server."),
    ),
    "agent run": (("papaya agent run PM-0001 --simulate", "Send simulated data, until Ctrl-C."),),
    "agent read": (
        ("papaya agent read --device PM-0001", "Read all sensors of a device once."),
        ("papaya agent read temperature --device PM-0001 --json", "Read one sensor, for a script."),
    ),
    "agent install": (
        ("papaya agent install PM-0001 --dry-run", "Show the service that would be made."),
        ("papaya agent install PM-0001 --user", "Without root: a service of your own user."),
    ),
    "agent uninstall": (("papaya agent uninstall --dry-run", ""),),
    "gui": (
        ("papaya gui", "Show the fleet of this folder."),
        ("papaya gui --source simulated", "Look at it without a server."),
    ),
    "tunnel": (("papaya tunnel ports", "Which port leads to which device?"),),
    "tunnel ports": (("papaya tunnel ports --write", "Keep new ports in the lock file."),),
    "tunnel keygen": (("papaya tunnel keygen PM-0001 --out key", ""),),
    "tunnel authorized-key": (("papaya tunnel authorized-key PM-0001 --key key.pub", ""),),
    "tunnel bastion": (("papaya tunnel bastion -o bastion", "Write the files of the bastion."),),
    "tunnel ssh-config": (("papaya tunnel ssh-config >> ~/.ssh/config", "Then: ssh PM-0001"),),
    "tunnel render": (("papaya tunnel render PM-0001 -o units", ""),),
    "tunnel install": (("papaya tunnel install PM-0001 --dry-run", "Show what would be installed."),),
    "tunnel uninstall": (("papaya tunnel uninstall --dry-run", ""),),
    "tunnel start": (("papaya tunnel start --dry-run", ""),),
    "tunnel stop": (("papaya tunnel stop --dry-run", ""),),
    "tunnel run": (("papaya tunnel run PM-0001", "Keep the tunnel up, until Ctrl-C."),),
    "tunnel status": (("papaya tunnel status PM-0001", "On the device; everywhere else: --from-bastion"),),
    "tunnel logs": (("papaya tunnel logs PM-0001 -n 20", ""),),
    "tunnel check": (("papaya tunnel check PM-0001", "Find out why a tunnel is not up."),),
    "connect": (
        ("papaya connect PM-0001 --print", "Print the ssh command instead of running it."),
        ("papaya connect PM-0001 --print -- uptime", "Run a program on the device."),
    ),
    "doctor": (("papaya doctor PM-0001", "Check configuration, connection and permissions."),),
    "login": (
        ("papaya login --url https://tb.example.com", "Sign in once; papaya keeps the tokens."),
        ("papaya login --forget", "Log out."),
    ),
    "whoami": (("papaya whoami --json", ""),),
    "sandbox": (
        ("papaya sandbox", "Serve on port 8080, until Ctrl-C."),
        ("papaya sandbox --port 0 --data data", "Any free port; keep the data."),
    ),
    "completion": (('eval "$(papaya completion bash)"', "Complete command lines in this shell."),),
    "demo": (("papaya demo --keep", "Leave the server running afterwards."),),
    "help": (("papaya help tunnel status", ""), ("papaya help connection", "")),
    "help connection": (("papaya plan --url https://tb.example.com --username admin@example.com", ""),),
    "version": (("papaya version", ""),),
}
