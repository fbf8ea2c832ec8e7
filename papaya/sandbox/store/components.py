"""The types of rule nodes that a server has: its own list, without texts, outputs and default settings.

Read from 4.0.1 and 4.3.1.3. These differ in the node for language models (since 4.2), two names and the
versions of two configurations. Chains for edges have other nodes in three cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from papaya.sandbox.store.rule_nodes import PACKAGE
from papaya.sandbox.wire import new_id

TYPES: Final = ("ENRICHMENT", "FILTER", "TRANSFORMATION", "ACTION", "EXTERNAL", "FLOW")
# Group, class, name, version of the configuration, clustering, whether a node may name a queue.
_TABLE: Final = """
ACTION|action.TbAssignToCustomerNode|assign to customer|1|E|
ACTION|action.TbClearAlarmNode|clear alarm|0|E|
ACTION|action.TbCopyAttributesToEntityViewNode|copy to view|0|E|
ACTION|action.TbCreateAlarmNode|create alarm|0|E|
ACTION|action.TbCreateRelationNode|create relation|1|E|
ACTION|action.TbDeleteRelationNode|delete relation|1|E|
ACTION|action.TbDeviceStateNode|device state|0|E|
ACTION|action.TbLogNode|log|0|E|
ACTION|action.TbMsgCountNode|message count|0|E|
ACTION|action.TbSaveToCustomCassandraTableNode|save to custom table|1|E|
ACTION|action.TbUnassignFromCustomerNode|unassign from customer|1|E|
ACTION|debug.TbMsgGeneratorNode|generator|2|E|q
ACTION|delay.TbMsgDelayNode|delay (deprecated)|0|E|
ACTION|edge.TbMsgPushToCloudNode|push to cloud|0|E|
ACTION|edge.TbMsgPushToEdgeNode|push to edge|0|E|
ACTION|geo.TbGpsGeofencingActionNode|gps geofencing events|1|E|
ACTION|math.TbMathNode|math function|0|E|
ACTION|profile.TbDeviceProfileNode|device profile (deprecated)|1|E|
ACTION|rest.TbSendRestApiCallReplyNode|rest call reply|0|E|
ACTION|rpc.TbSendRPCReplyNode|rpc call reply|0|E|
ACTION|rpc.TbSendRPCRequestNode|rpc call request|0|E|
ACTION|telemetry.TbCalculatedFieldsNode|calculated fields and alarm rules|0|E|
ACTION|telemetry.TbMsgAttributesNode|save attributes|3|E|
ACTION|telemetry.TbMsgDeleteAttributesNode|delete attributes|0|E|
ACTION|telemetry.TbMsgTimeseriesNode|save time series|1|E|
ACTION|transaction.TbSynchronizationBeginNode|synchronization start|0|E|
ACTION|transaction.TbSynchronizationEndNode|synchronization end|0|E|
ENRICHMENT|metadata.CalculateDeltaNode|calculate delta|1|E|
ENRICHMENT|metadata.TbFetchDeviceCredentialsNode|fetch device credentials|1|E|
ENRICHMENT|metadata.TbGetAttributesNode|originator attributes|1|E|
ENRICHMENT|metadata.TbGetCustomerAttributeNode|customer attributes|1|E|
ENRICHMENT|metadata.TbGetCustomerDetailsNode|customer details|1|E|
ENRICHMENT|metadata.TbGetDeviceAttrNode|related device attributes|1|E|
ENRICHMENT|metadata.TbGetOriginatorFieldsNode|originator fields|1|E|
ENRICHMENT|metadata.TbGetRelatedAttributeNode|related entity data|1|E|
ENRICHMENT|metadata.TbGetTelemetryNode|originator telemetry|2|E|
ENRICHMENT|metadata.TbGetTenantAttributeNode|tenant attributes|1|E|
ENRICHMENT|metadata.TbGetTenantDetailsNode|tenant details|1|E|
EXTERNAL|ai.TbAiNode|AI request|0|E|
EXTERNAL|aws.lambda.TbAwsLambdaNode|aws lambda|0|E|
EXTERNAL|aws.sns.TbSnsNode|aws sns|0|E|
EXTERNAL|aws.sqs.TbSqsNode|aws sqs|0|E|
EXTERNAL|gcp.pubsub.TbPubSubNode|gcp pubsub|0|E|
EXTERNAL|kafka.TbKafkaNode|kafka|1|E|
EXTERNAL|mail.TbSendEmailNode|send email|0|E|
EXTERNAL|mqtt.TbMqttNode|mqtt|2|U|
EXTERNAL|mqtt.azure.TbAzureIotHubNode|azure iot hub|1|S|
EXTERNAL|notification.TbNotificationNode|send notification|0|E|
EXTERNAL|notification.TbSlackNode|send to slack|0|E|
EXTERNAL|rabbitmq.TbRabbitMqNode|rabbitmq|0|E|
EXTERNAL|rest.TbRestApiCallNode|rest api call|3|E|
EXTERNAL|sms.TbSendSmsNode|send sms|0|E|
FILTER|filter.TbAssetTypeSwitchNode|asset profile switch|0|E|
FILTER|filter.TbCheckAlarmStatusNode|alarm status filter|0|E|
FILTER|filter.TbCheckMessageNode|check fields presence|0|E|
FILTER|filter.TbCheckRelationNode|check relation presence|1|E|
FILTER|filter.TbDeviceTypeSwitchNode|device profile switch|0|E|
FILTER|filter.TbJsFilterNode|script|0|E|
FILTER|filter.TbJsSwitchNode|switch|0|E|
FILTER|filter.TbMsgTypeFilterNode|message type filter|0|E|
FILTER|filter.TbMsgTypeSwitchNode|message type switch|0|E|
FILTER|filter.TbOriginatorTypeFilterNode|entity type filter|0|E|
FILTER|filter.TbOriginatorTypeSwitchNode|entity type switch|0|E|
FILTER|geo.TbGpsGeofencingFilterNode|gps geofencing filter|0|E|
FLOW|flow.TbAckNode|acknowledge|0|E|
FLOW|flow.TbCheckpointNode|checkpoint|1|E|q
FLOW|flow.TbRuleChainInputNode|rule chain|1|E|
FLOW|flow.TbRuleChainOutputNode|output|0|E|
TRANSFORMATION|deduplication.TbMsgDeduplicationNode|deduplication|1|E|q
TRANSFORMATION|mail.TbMsgToEmailNode|to email|0|E|
TRANSFORMATION|transform.TbChangeOriginatorNode|change originator|0|E|
TRANSFORMATION|transform.TbCopyKeysNode|copy key-value pairs|2|E|
TRANSFORMATION|transform.TbDeleteKeysNode|delete key-value pairs|2|E|
TRANSFORMATION|transform.TbJsonPathNode|json path|0|E|
TRANSFORMATION|transform.TbRenameKeysNode|rename keys|2|E|
TRANSFORMATION|transform.TbSplitArrayMsgNode|split array msg|0|E|
TRANSFORMATION|transform.TbTransformMsgNode|script|0|E|
"""
_CLUSTERING: Final = {"E": "ENABLED", "U": "USER_PREFERENCE", "S": "SINGLETON"}
_FROM: Final[Mapping[str, tuple[int, ...]]] = {"ai.TbAiNode": (4, 2)}
_NAMES_BEFORE_4_3: Final = {
    "profile.TbDeviceProfileNode": "device profile",
    "telemetry.TbCalculatedFieldsNode": "calculated fields",
}
_VERSIONS_BEFORE_4_3: Final = {"mqtt.azure.TbAzureIotHubNode": 0, "mqtt.TbMqttNode": 1}
_NOT_IN: Final = {
    "CORE": ("edge.TbMsgPushToCloudNode",),
    "EDGE": ("edge.TbMsgPushToEdgeNode", "action.TbSaveToCustomCassandraTableNode"),
}


def components(version: str, types: tuple[str, ...], chain_type: str) -> Iterator[dict[str, Any]]:
    """Yield the types of some groups that nodes of CORE or EDGE chains may have."""
    numbers = tuple(int(part) for part in version.split(".")[:2])
    is_old = numbers < (4, 3)
    for line in _TABLE.strip().splitlines():
        type_, clazz, name, configuration, clustering, queue = line.split("|")
        if type_ not in types or clazz in _NOT_IN[chain_type] or numbers < _FROM.get(clazz, ()):
            continue
        yield {
            "id": {"id": new_id()},
            "createdTime": 0,
            "type": type_,
            "scope": "TENANT",
            "clusteringMode": _CLUSTERING[clustering],
            "name": _NAMES_BEFORE_4_3.get(clazz, name) if is_old else name,
            "clazz": PACKAGE + clazz,
            "configurationVersion": _VERSIONS_BEFORE_4_3.get(clazz, int(configuration))
            if is_old
            else int(configuration),
            "actions": None,
            "hasQueueName": queue == "q",
            "configurationDescriptor": {"nodeDefinition": {}},
        }
