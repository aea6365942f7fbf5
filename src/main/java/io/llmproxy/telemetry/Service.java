package io.llmproxy.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import java.util.UUID;

/** What a collector is told of who sends. */
public final class Service {
    /** The name under which the gateway makes spans and metrics. */
    static final String SCOPE = "io.llmproxy";

    /** Each gateway of a JVM has classes of its own, and so a name of its own. */
    private static final String INSTANCE = UUID.randomUUID().toString();

    private Service() {}

    /**
     * The gateway since it was started. Without its instance, a collector would take the figures of several nodes for those of one.
     *
     * @param name as the configuration has it
     * @param version of the gateway
     */
    public static Resource resource(String name, String version) {
        return Resource.create(Attributes.of(
                AttributeKey.stringKey("service.name"),
                name,
                AttributeKey.stringKey("service.version"),
                version,
                AttributeKey.stringKey("service.instance.id"),
                INSTANCE));
    }

    /** The part of the process that counts. */
    public static InstrumentationScopeInfo scope(String version) {
        return InstrumentationScopeInfo.builder(SCOPE).setVersion(version).build();
    }
}
