package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tells where a request would go. Nothing is sent. */
@Path("explain")
@Produces(MediaType.APPLICATION_JSON)
public final class ExplainResource {
    private static final int LONGEST = 4096;

    private final Decider decider;

    ExplainResource(Decider decider) {
        this.decider = decider;
    }

    record Question(
            @Nullable String forward,
            @Nullable String path,
            @Nullable String method,
            @Nullable String host,
            @Nullable Map<String, String> headers,
            @Nullable String model,
            @Nullable String key) {}

    private record Refusal(int status, String code, String message) {}

    private record Told(
            String forward,
            @Nullable String rule,
            @Nullable String group,
            String endpoint,
            @Nullable Refusal refusal,
            List<Decider.Candidate> candidates) {}

    /** Decides. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.VIEWER)
    public Object explain(Question question) {
        String forward = question.forward();
        if (forward == null) {
            throw Refused.invalid("forward", "missing (expected: the name of a forward)");
        }
        Map<String, String> headers = question.headers() == null ? Map.of() : question.headers();
        headers.forEach((name, value) -> {
            if (value == null) {
                throw Refused.invalid("headers." + name, "null (expected: a text)");
            }
        });
        Decider.Question asked = new Decider.Question(
                forward,
                path(question.path()),
                Objects.requireNonNullElse(question.method(), "POST").toUpperCase(Locale.ROOT),
                question.host(),
                headers,
                question.model(),
                question.key());
        Decider.Decision decision = decider.decide(asked);
        if (decision == null) {
            throw Refused.notFound("forward", forward);
        }
        if (!decision.keyKnown()) {
            throw Refused.invalid("key", "not a key that the forward knows (expected: the name of one)");
        }
        return new Told(
                forward,
                decision.rule(),
                decision.group(),
                decision.endpoint(),
                decision.code() == null ? null : new Refusal(decision.status(), decision.code(), decision.message()),
                decision.candidates());
    }

    /** The path without its query. */
    static String path(@Nullable String path) {
        if (path == null
                || !path.startsWith("/")
                || path.length() > LONGEST
                || path.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
            throw Refused.invalid("path", "not a path (expected: one such as /v1/chat/completions)");
        }
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }
}
