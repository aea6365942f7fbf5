package io.llmproxy.convert;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Place;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One file of {@code src/test/resources/convert}: what goes in, and what must come out.
 *
 * <p>In: {@code client} and {@code upstream} say who speaks what; {@code line}, {@code policy} and {@code upstream.capabilities}
 * may be absent. {@code request} is the client's; {@code answer}, {@code stream} or {@code error} the upstream's. Out:
 * {@code upstreamRequest}, {@code header}, {@code refused}, {@code clientAnswer}, {@code clientStream}, {@code clientError}. A
 * string {@code *} stands for any.
 */
final class ConversionCase {
    private static final long NOW = 1_800_000_000L;

    private final Json.Obj file;
    private final Dialect client;

    ConversionCase(Json.Obj file) {
        this.file = file;
        this.client = dialect(file.string("client", ""));
    }

    Dialect client() {
        return client;
    }

    /** Returns all that comes out. */
    Map<String, Json> results(int piece) {
        Map<String, Json> results = new LinkedHashMap<>();
        try {
            Converted converted = converted();
            if (file.members().containsKey("request")) {
                results.put("upstreamRequest", JsonReader.read(converted.requestBody()));
                results.put("header", new Json.Str(converted.header()));
            }
            answer(converted, piece, results);
        } catch (ConversionException e) {
            results.put("refused", error(refusal(e)).put("param", e.param()));
        }
        return results;
    }

    Converted converted() {
        return conversion().attempt(upstream(), NOW);
    }

    Conversion conversion() {
        Json.Obj line = file.object("line");
        RequestLine requestLine = line == null
                ? RequestLine.NONE
                : new RequestLine(line.string("model", ""), line.isTrue("stream"), line.isTrue("array"));
        Json.Obj request = file.object("request");
        return Conversion.of(
                client, requestLine, (request == null ? plainRequest() : request).bytes(), policy(), limits(), ids());
    }

    byte[] upstreamStream() {
        StringBuilder stream = new StringBuilder();
        boolean named = !upstream().dialect().equals(Dialect.CHAT)
                && !upstream().dialect().equals(Dialect.GEMINI);
        for (Json event : file.array("stream")) {
            if (event instanceof Json.Str raw) {
                stream.append(raw.value().equals("[DONE]") ? "data: [DONE]\n\n" : raw.value());
            } else if (event instanceof Json.Obj object) {
                if (named) {
                    stream.append("event: ").append(object.string("type")).append('\n');
                }
                stream.append("data: ").append(object.text()).append("\n\n");
            }
        }
        return stream.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void answer(Converted converted, int piece, Map<String, Json> results) {
        try {
            if (file.object("answer") != null) {
                results.put(
                        "clientAnswer",
                        JsonReader.read(
                                converted.answer(file.object("answer").bytes()).body()));
            }
        } catch (BadAnswerException e) {
            results.put("clientError", error(converted.error(e.fault())));
        }
        if (file.members().containsKey("stream")) {
            stream(converted.stream(), converted, piece, results);
        }
        Json.Obj error = file.object("error");
        if (error != null) {
            Json body = Objects.requireNonNull(error.get("body"));
            byte[] bytes = body instanceof Json.Str text ? text.value().getBytes(StandardCharsets.UTF_8) : body.bytes();
            results.put(
                    "clientError",
                    error(converted.error((int) error.number("status", 500), error.number("retryAfter", 0), bytes)));
        }
    }

    private void stream(StreamConverter converter, Converted converted, int piece, Map<String, Json> results) {
        byte[] bytes = upstreamStream();
        StringBuilder out = new StringBuilder();
        int size = piece == 0 ? Math.max(1, bytes.length) : piece;
        for (int from = 0; from < bytes.length; from += size) {
            out.append(converter.accept(bytes, from, Math.min(size, bytes.length - from)));
        }
        out.append(converter.end());
        Fault fault = converter.fault();
        if (fault != null && !converter.isCommitted()) {
            results.put("clientError", error(converted.error(fault)));
        } else {
            results.put("clientStream", ClientStream.parse(client, out.toString()));
        }
        if (fault == null) {
            org.assertj.core.api.Assertions.assertThat(converter.isWhole()).isTrue();
        }
    }

    private ErrorAnswer refusal(ConversionException e) {
        Fault fault = new Fault(
                Fault.Cause.BAD_REQUEST,
                400,
                String.valueOf(e.getMessage()),
                e.isInvalid() ? "invalid_request" : "unsupported_by_upstream",
                e.param().isEmpty() ? null : e.param(),
                0);
        return ErrorAnswer.of(Codecs.of(client), fault);
    }

    private static Json.Obj error(ErrorAnswer error) {
        Json.Obj told = new Json.Obj().put("status", error.status()).put("body", JsonReader.read(error.body()));
        return error.retryAfterSeconds() == 0 ? told : told.put("retryAfter", error.retryAfterSeconds());
    }

    private Json.Obj plainRequest() {
        String stream = file.members().containsKey("stream") ? "true" : "false";
        String text = switch (client) {
            case CHAT -> "{'model':'m','messages':[{'role':'user','content':'Hi'}],'stream':" + stream + "}";
            case MESSAGES ->
                "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi'}],'stream':" + stream + "}";
            case RESPONSES -> "{'model':'m','input':'Hi','stream':" + stream + "}";
            case GEMINI -> "{'contents':[{'role':'user','parts':[{'text':'Hi'}]}]}";
        };
        return (Json.Obj) JsonReader.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    Upstream upstream() {
        Json.Obj upstream = Objects.requireNonNull(file.object("upstream"));
        Dialect dialect = dialect(upstream.string("dialect", ""));
        Map<String, String> capabilities = new HashMap<>();
        Json.Obj settings = upstream.object("capabilities");
        if (settings != null) {
            settings.members().forEach((name, value) -> capabilities.put(name, ((Json.Str) value).value()));
        }
        Upstream plain = Upstream.of(dialect, upstream.string("model", "up"));
        return new Upstream(
                dialect,
                Place.valueOf(upstream.string("place", upstream.isTrue("vertex") ? "VERTEX" : "NATIVE")),
                upstream.string("family", plain.family()),
                plain.model(),
                capabilities);
    }

    private Policy policy() {
        Json.Obj policy = file.object("policy");
        if (policy == null) {
            return Policy.DEFAULT;
        }
        Set<String> forward = new HashSet<>();
        policy.array("forward").forEach(name -> forward.add(((Json.Str) name).value()));
        return new Policy(
                Policy.Lossy.valueOf(policy.string("lossy", "warn").toUpperCase(Locale.ROOT)),
                policy.isTrue("dropHosted"),
                forward,
                8192,
                policy.isTrue("forwardUser"),
                !"false".equals(policy.string("reasoningContent")),
                !"false".equals(policy.string("chatSignatures")));
    }

    private Limits limits() {
        Json.@Nullable Obj limits = file.object("limits");
        return limits == null
                ? Limits.DEFAULT
                : new Limits((int) limits.number("event", 8 << 20), (int) limits.number("arguments", 4 << 20), (int)
                        limits.number("text", 16 << 20));
    }

    private static Ids ids() {
        AtomicInteger count = new AtomicInteger();
        return length -> "0".repeat(length - 2) + (10 + count.getAndIncrement());
    }

    static Dialect dialect(String word) {
        for (Dialect dialect : Dialect.values()) {
            if (dialect.word().equals(word)) {
                return dialect;
            }
        }
        throw new IllegalArgumentException(word);
    }
}
