package io.llmproxy.proxy.exchange;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.protocol.ModelField;
import io.llmproxy.protocol.ResourceName;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.upstream.Upstream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The model that a request asks for.
 *
 * @param requested the name that the client uses
 * @param name the name that the configuration knows: the client's, less the forward's prefix
 * @param inPath whether it is in the path, whatever the body says
 * @param inQuery whether it is in the query
 * @param inResource whether the body has it as Google's clients write it, perhaps with its collection before it
 * @param fields where the body has it, in the order of the body
 */
public record AskedModel(
        String requested, String name, boolean inPath, boolean inQuery, boolean inResource, List<ModelField> fields) {
    public AskedModel {
        fields = List.copyOf(fields);
    }

    public static AskedModel inBody(ModelField field, @Nullable String prefix) {
        return new AskedModel(field.name(), withoutPrefix(field.name(), prefix), false, false, false, List.of(field));
    }

    public static AskedModel inResource(ModelField field, @Nullable String prefix) {
        String id = ResourceName.id(field.name());
        return new AskedModel(id, withoutPrefix(id, prefix), false, false, true, List.of(field));
    }

    public static AskedModel inPath(String requested, @Nullable String prefix, List<ModelField> fields) {
        return new AskedModel(requested, withoutPrefix(requested, prefix), true, false, false, fields);
    }

    public static AskedModel inQuery(String requested, @Nullable String prefix) {
        return new AskedModel(requested, withoutPrefix(requested, prefix), false, true, false, List.of());
    }

    private static String withoutPrefix(String requested, @Nullable String prefix) {
        String removed = prefix == null || !requested.startsWith(prefix + "/") ? "" : prefix + "/";
        return requested.substring(removed.length());
    }

    /** The name that the client is told in the answer: as it has written it. */
    public String shown() {
        return inResource ? fields.get(0).name() : requested;
    }

    /** Whether a key lets its client ask for it; either by the name that the client knows, or by the configuration's. */
    public boolean isAllowed(@Nullable ClientKey key) {
        return key == null || key.allows(requested) || key.allows(name);
    }

    /** Whether the scopes above a key let its client ask for it. */
    public boolean isAllowed(@Nullable LimitPath path) {
        return path == null || path.allows(requested, name);
    }

    /** Says that no upstream serves it. */
    public Refusal notFound() {
        return Refusal.of(ProxyError.MODEL_NOT_FOUND, "The model '" + requested + "' does not exist here.");
    }

    /** Whether an upstream serves it. */
    public boolean isServedBy(Upstream upstream) {
        return upstream.config().models().upstreamName(name) != null;
    }
}
