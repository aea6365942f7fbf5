package io.llmproxy.capture;

import io.llmproxy.config.Secret;
import io.llmproxy.convert.json.Json;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what was asked and answered, to be told elsewhere than in files: bounded, and without credentials and what else is not to be
 * shown, as in those. Bodies are kept as they pass, and read only later, by who has time for it.
 */
public final class Contents {
    private static final Logger LOG = LoggerFactory.getLogger(Contents.class);

    /** All bodies that are kept and not read yet take so much at most. */
    private static final long MEMORY = 32L << 20;

    private final Memory memory = new Memory(MEMORY);
    private final Headers headers = new Headers(List.of());
    private final Redaction redaction;
    /** Only a reload changes it, and there is one at a time. */
    private volatile Hidden hidden;

    private final int most;

    /** What is configured not to be shown, and what masks it. */
    private record Hidden(Set<Secret> secrets, Masked masked) {
        static Hidden of(Set<Secret> secrets) {
            return new Hidden(Set.copyOf(secrets), Masked.of(secrets));
        }

        Hidden then(Set<Secret> next) {
            if (next.equals(secrets)) {
                return this;
            }
            Set<Secret> both = new HashSet<>(secrets);
            both.addAll(next);
            return new Hidden(Set.copyOf(next), Masked.of(both));
        }
    }

    /**
     * @param redact names of members that are not shown
     * @param secrets what is never shown
     * @param most how many characters of a prompt, and of an answer, are shown
     */
    public Contents(Collection<String> redact, Set<Secret> secrets, int most) {
        this.redaction = new Redaction(redact);
        this.hidden = Hidden.of(secrets);
        this.most = most;
    }

    /** Shows these secrets no more, from now on; those before them neither, as what waits to be read may still hold them. */
    public void hide(Set<Secret> next) {
        hidden = hidden.then(next);
    }

    /** Keeps a request and its answer, until they are {@linkplain #read} or discarded. */
    public Recorded begin() {
        return new Recorded(
                headers, memory, Math.max(Capture.KEPT, most), (recorded, attempt) -> {}, (recorded, exchange) -> {});
    }

    /** Says what a request and its answer say, as far as they are known, and keeps them no longer. */
    public Said read(Recorded recorded) {
        recorded.close();
        try {
            Plain request = plain(recorded.request());
            Json asked = request == null ? null : request.json();
            Json.Obj parameters = asked == null ? null : SpokenMembers.parameters(asked);
            return new Said(
                    asked == null
                            ? text(request)
                            : shown(SpokenMembers.prompt(redaction.of(asked)).text()),
                    answer(recorded.answer()),
                    parameters == null ? null : shown(redaction.of(parameters).text()));
        } catch (RuntimeException e) {
            LOG.warn("what was asked and answered cannot be read", e);
            return Said.NOTHING;
        } finally {
            recorded.discard();
        }
    }

    private static @Nullable Plain plain(Body body) {
        byte[] kept = body.kept();
        return kept.length == 0 ? null : Plain.of(kept, body.headers(), Capture.KEPT);
    }

    private static String type(Body body) {
        return body.headers().getOrDefault("content-type", "");
    }

    private @Nullable String answer(Body body) {
        Plain plain = plain(body);
        if (plain == null) {
            return null;
        }
        if (type(body).contains("event-stream")) {
            Json said = streamed(plain.text());
            return said == null ? null : shown(said.text());
        }
        Json whole = plain.json();
        if (whole == null) {
            return text(plain);
        }
        Json said = SpokenMembers.answer(redaction.of(whole));
        return said == null ? null : shown(said.text());
    }

    /** The last event may be cut off. */
    private @Nullable Json streamed(@Nullable String events) {
        StreamedAnswer answer = new StreamedAnswer();
        if (events != null) {
            StreamText.read(events, data -> {
                Json event = Plain.json(data);
                if (event instanceof Json.Obj object && redaction.of(object) instanceof Json.Obj shown) {
                    answer.accept(shown);
                }
            });
        }
        return answer.said();
    }

    /** A text, or JSON that is cut off; not where members are to be left out, which cannot be found in it. */
    private @Nullable String text(@Nullable Plain plain) {
        String text = plain == null || redaction.hasMembers() ? null : plain.text();
        return text == null ? null : shown(text);
    }

    private String shown(String text) {
        String shown = hidden.masked().in(text);
        return shown.length() <= most ? shown : shown.substring(0, most);
    }

    /** How many bytes are kept. */
    long kept() {
        return memory.taken();
    }
}
