package io.counterflow.scorer.streams;

import io.counterflow.log.Log;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topics behind the state stores of an application, where an earlier version made them for smaller records. */
public final class StoreTopics {

    private static final Logger LOG = LoggerFactory.getLogger(StoreTopics.class);
    private static final String LIMIT = "max.message.bytes";

    private StoreTopics() {}

    /**
     * Lets those that exist take records as large as new ones do. Without the right to alter topics it says so and goes on: smaller records need none.
     *
     * @param applicationId see {@link StreamsSettings#applicationId}
     */
    public static void widen(Log log, String applicationId) throws InterruptedException {
        try (Admin admin = log.admin()) {
            List<ConfigResource> stores = admin.listTopics().names().get().stream()
                    .filter(name -> name.startsWith(applicationId + "-") && name.endsWith("-changelog"))
                    .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                    .toList();
            Map<ConfigResource, java.util.Collection<AlterConfigOp>> changes = new HashMap<>();
            for (Map.Entry<ConfigResource, Config> store :
                    admin.describeConfigs(stores).all().get().entrySet()) {
                if (Integer.parseInt(store.getValue().get(LIMIT).value()) < StreamsSettings.STORED_RECORD_BYTES) {
                    changes.put(
                            store.getKey(),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry(LIMIT, Integer.toString(StreamsSettings.STORED_RECORD_BYTES)),
                                    AlterConfigOp.OpType.SET)));
                }
            }
            admin.incrementalAlterConfigs(changes).all().get();
            List<String> widened = new ArrayList<>(
                    changes.keySet().stream().map(ConfigResource::name).toList());
            if (!widened.isEmpty()) {
                LOG.atInfo()
                        .addKeyValue("topics", widened)
                        .addKeyValue(LIMIT, StreamsSettings.STORED_RECORD_BYTES)
                        .log("state stores take larger records now");
            }
        } catch (ExecutionException | KafkaException e) {
            LOG.atWarn()
                    .addKeyValue("application", applicationId)
                    .addKeyValue("cause", e.getMessage())
                    .log("the topics of its state stores could not be looked at; a record of more than their " + LIMIT
                            + " will stop it");
        }
    }
}
