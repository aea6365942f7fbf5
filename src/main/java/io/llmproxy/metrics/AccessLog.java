package io.llmproxy.metrics;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.LogConfig.Format;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.ExchangeUsage;
import io.llmproxy.proxy.exchange.SessionSummary;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.usage.Money;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line for each exchange, with neither body nor query nor credential in it. */
public final class AccessLog implements ExchangeListener {
    /** The logger that the lines go to. */
    public static final String LOGGER = "io.llmproxy.access";

    private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
    private static final String NONE = "-";
    private static final JsonFactory JSON = new JsonFactory();

    private final Format format;

    /** @param format how a line is written */
    public AccessLog(Format format) {
        this.format = format;
    }

    @Override
    public void ended(Exchange exchange) {
        if (LOG.isInfoEnabled()) {
            LOG.info(format == Format.JSON ? json(exchange) : text(exchange));
        }
    }

    private static String text(Exchange exchange) {
        return Timestamp.now() + " " + exchange.id() + " " + exchange.method() + " "
                + exchange.endpoint().label()
                + " forward=" + exchange.forward().name()
                + " key=" + key(exchange)
                + " group=" + group(exchange)
                + " upstream=" + upstream(exchange)
                + " attempts=" + exchange.attempts()
                + " not_retried=" + notRetried(exchange)
                + " status=" + exchange.status()
                + " ttfb_ms=" + millis(exchange.firstByteNanos())
                + " total_ms=" + millis(exchange.nanos())
                + " bytes=" + exchange.bytes()
                + usage(exchange.usage())
                + session(exchange.session())
                + " outcome=" + outcome(exchange)
                + " error=" + error(exchange);
    }

    private static String json(Exchange exchange) {
        StringWriter line = new StringWriter(512);
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", Timestamp.now());
            json.writeStringField("id", exchange.id());
            json.writeStringField("method", exchange.method());
            json.writeStringField("path", exchange.endpoint().label());
            json.writeStringField("forward", exchange.forward().name());
            json.writeStringField("key", key(exchange));
            json.writeStringField("group", group(exchange));
            json.writeStringField("upstream", upstream(exchange));
            json.writeNumberField("attempts", exchange.attempts());
            json.writeStringField("not_retried", notRetried(exchange));
            json.writeNumberField("status", exchange.status());
            json.writeNumberField("ttfb_ms", millis(exchange.firstByteNanos()));
            json.writeNumberField("total_ms", millis(exchange.nanos()));
            json.writeNumberField("bytes", exchange.bytes());
            usage(exchange.usage(), json);
            session(exchange.session(), json);
            json.writeStringField("outcome", outcome(exchange));
            json.writeStringField("error", error(exchange));
            json.writeEndObject();
        } catch (IOException e) {
            // A writer to memory has none.
            throw new UncheckedIOException(e);
        }
        return line.toString();
    }

    private static String usage(ExchangeUsage used) {
        Money cost = used.cost();
        return " tokens_in=" + known(used.input())
                + " tokens_out=" + known(used.output())
                + " tokens_cached=" + known(used.cached())
                + " tokens_reasoning=" + known(used.reasoning())
                + " cost=" + (cost == null ? NONE : cost.text() + cost.currency())
                + " ttft_ms=" + (used.firstTokenNanos() < 0 ? NONE : millis(used.firstTokenNanos()));
    }

    /** Only sessions of WebSocket have more to tell. */
    private static String session(@Nullable SessionSummary session) {
        return session == null
                ? ""
                : " bytes_in=" + session.bytesFromClient()
                        + " messages_in=" + session.messagesFromClient()
                        + " messages_out=" + session.messagesFromUpstream()
                        + " closed_by=" + session.by().label()
                        + " close=" + session.code();
    }

    private static void session(@Nullable SessionSummary session, JsonGenerator json) throws IOException {
        if (session != null) {
            json.writeNumberField("bytes_in", session.bytesFromClient());
            json.writeNumberField("messages_in", session.messagesFromClient());
            json.writeNumberField("messages_out", session.messagesFromUpstream());
            json.writeStringField("closed_by", session.by().label());
            json.writeNumberField("close", session.code());
        }
    }

    private static String known(long count) {
        return count < 0 ? NONE : Long.toString(count);
    }

    /** What is not known is null. */
    private static void usage(ExchangeUsage used, JsonGenerator json) throws IOException {
        number("tokens_in", used.input(), json);
        number("tokens_out", used.output(), json);
        number("tokens_cached", used.cached(), json);
        number("tokens_reasoning", used.reasoning(), json);
        Money cost = used.cost();
        json.writeStringField("cost", cost == null ? null : cost.text() + cost.currency());
        number("ttft_ms", used.firstTokenNanos() < 0 ? -1 : millis(used.firstTokenNanos()), json);
    }

    private static void number(String name, long count, JsonGenerator json) throws IOException {
        if (count < 0) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, count);
        }
    }

    private static String key(Exchange exchange) {
        ClientKey key = exchange.clientKey();
        return key == null ? NONE : key.name();
    }

    private static String group(Exchange exchange) {
        UpstreamGroup group = exchange.group();
        return group == null ? NONE : group.name();
    }

    private static String upstream(Exchange exchange) {
        String upstream = exchange.upstream();
        return upstream == null ? NONE : upstream;
    }

    private static String notRetried(Exchange exchange) {
        Verdict why = exchange.notRetried();
        return why == null ? NONE : why.word();
    }

    private static String error(Exchange exchange) {
        ProxyError error = exchange.error();
        return error == null ? NONE : error.code();
    }

    private static String outcome(Exchange exchange) {
        return exchange.outcome().label();
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
