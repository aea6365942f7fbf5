package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.explain.Explanation;
import io.llmproxy.explain.Explanations;
import io.llmproxy.protocol.Endpoint;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The request logs and error logs of maywzh's llm-proxy: the last requests that this node knows, without bodies and headers. A request's
 * number is the moment of its end, in microseconds since 1970.
 */
final class MaywzhLogs {
    private static final int KEPT = 8192;
    private static final int USUAL_PAGE = 50;
    private static final int LARGEST_PAGE = 200;
    private static final int MOST_IDS = 1000;
    private static final int MOST_PAGES = 1_000_000;
    private static final String UNKNOWN = "unknown";
    private static final String DESCENDING = "desc";
    private static final Map<String, ToLongFunction<Explanation>> SORTS = Map.of(
            "timestamp",
            MaywzhLogs::id,
            "status_code",
            Explanation::status,
            "total_duration_ms",
            Explanation::nanos,
            "input_tokens",
            one -> one.usage().input(),
            "output_tokens",
            one -> one.usage().output(),
            "total_tokens",
            one -> counted(one.usage().input()) + counted(one.usage().output()));

    private final Gateway gateway;
    private final Explanations explanations;

    MaywzhLogs(Gateway gateway) {
        this.gateway = gateway;
        this.explanations = gateway.figures().explanations();
    }

    ObjectNode page(boolean errors, UnaryOperator<@Nullable String> query) {
        int page = Math.min(MOST_PAGES, Math.max(1, number("page", query, 1)));
        int size = Math.max(1, Math.min(LARGEST_PAGE, number("page_size", query, USUAL_PAGE)));
        List<Explanation> found = new ArrayList<>(explanations.find(filter(errors, query), KEPT));
        found.sort(order(query));
        Map<String, String> types = types();
        ObjectNode whole = Json.MAPPER.createObjectNode();
        ArrayNode items = whole.putArray("items");
        found.stream()
                .skip((page - 1L) * size)
                .limit(size)
                .forEach(one -> items.add(errors ? error(one) : request(one, types)));
        return whole.put("total", found.size())
                .put("page", page)
                .put("page_size", size)
                .put("total_pages", Math.max(1, (found.size() + size - 1) / size));
    }

    private static Comparator<Explanation> order(UnaryOperator<@Nullable String> query) {
        String by = query.apply("sort_by");
        ToLongFunction<Explanation> key = SORTS.getOrDefault(by == null ? "timestamp" : by, MaywzhLogs::id);
        Comparator<Explanation> ascending = Comparator.comparingLong(key);
        String order = query.apply("sort_order");
        return (order == null ? DESCENDING : order).equals("asc") ? ascending : ascending.reversed();
    }

    private static Predicate<Explanation> filter(boolean errors, UnaryOperator<@Nullable String> query) {
        Instant from = Times.read("start_time", query.apply("start_time"));
        Instant to = Times.read("end_time", query.apply("end_time"));
        Integer status = query.apply("status_code") == null ? null : number("status_code", query, 0);
        boolean onlyErrors = errors || "true".equals(query.apply("error_only"));
        // Whether a request was a stream is not kept, so that no filter for it finds any.
        boolean none = query.apply("is_streaming") != null;
        String category = query.apply("error_category");
        String id = query.apply("request_id");
        String provider = query.apply("provider_name");
        String model = query.apply("model");
        String credential = query.apply("credential_name");
        return one -> !none
                && (from == null || !one.at().isBefore(from))
                && (to == null || !one.at().isAfter(to))
                && (status == null || status == one.status())
                && (!onlyErrors || one.isError())
                && (category == null || category.equals(category(one)))
                && is(id, one.id())
                && is(provider, one.upstream())
                && is(model, one.model())
                && is(credential, one.key());
    }

    private static boolean is(@Nullable String wanted, @Nullable String found) {
        return wanted == null || wanted.equals(found);
    }

    private static int number(String name, UnaryOperator<@Nullable String> query, int otherwise) {
        String text = query.apply(name);
        return text == null ? otherwise : number(name, text);
    }

    /** A whole number of a query. */
    static int number(String name, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw Refused.invalid(name, "not a number (expected: a number)");
        }
    }

    private static long id(Explanation one) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, one.at());
    }

    private Map<String, String> types() {
        Map<String, String> types = new HashMap<>();
        for (UpstreamConfig upstream : gateway.current().get().config().upstreams()) {
            ObjectNode told = Json.MAPPER.createObjectNode();
            told.put("provider", upstream.provider().name().toLowerCase(Locale.ROOT));
            if (upstream.dialect() != null) {
                told.put("dialect", upstream.dialect().name().toLowerCase(Locale.ROOT));
            }
            types.put(upstream.name(), MaywzhType.word(told));
        }
        return types;
    }

    private static ObjectNode head(Explanation one) {
        return Json.MAPPER
                .createObjectNode()
                .put("id", id(one))
                .put("timestamp", one.at().toString())
                .put("request_id", one.id())
                .put("endpoint", one.path())
                .put("credential_name", one.key())
                .put("model_requested", one.model())
                .putNull("model_mapped")
                .put("provider_name", one.upstream())
                .put("client_protocol", protocol(one.path()))
                .putNull("provider_protocol")
                .putNull("is_streaming")
                .put("total_duration_ms", TimeUnit.NANOSECONDS.toMillis(one.nanos()))
                .put("error_category", category(one))
                .put("error_message", one.error());
    }

    private static ObjectNode request(Explanation one, Map<String, String> types) {
        long input = counted(one.usage().input());
        long output = counted(one.usage().output());
        return head(one)
                .put("provider_type", one.upstream() == null ? null : types.get(one.upstream()))
                .put("status_code", one.status())
                .put("input_tokens", input)
                .put("output_tokens", output)
                .put("total_tokens", input + output)
                .put("ttft_ms", TimeUnit.NANOSECONDS.toMillis(one.firstByteNanos()))
                .putNull("client");
    }

    private static ObjectNode error(Explanation one) {
        return head(one).put("error_code", one.status());
    }

    /** What is unknown is 0 there. */
    private static long counted(long tokens) {
        return Math.max(0, tokens);
    }

    private static String protocol(String path) {
        if (path.equals(Endpoint.MESSAGE.label())) {
            return "anthropic";
        }
        return path.equals(Endpoint.RESPONSE.label()) ? "response_api" : "openai";
    }

    private static @Nullable String category(Explanation one) {
        if (one.error() != null) {
            return one.error();
        }
        if (one.status() < 400) {
            return null;
        }
        return one.status() < 500 ? "provider_4xx" : "provider_5xx";
    }

    /** One request; what was sent and answered is not kept. */
    ObjectNode one(boolean errors, String id) {
        Explanation found = find(errors, id);
        ObjectNode told = errors ? error(found) : request(found, types());
        List<String> bodies = errors
                ? List.of("request_body", "response_body", "provider_request_body", "provider_request_headers")
                : List.of("request_headers", "request_body", "response_body");
        bodies.forEach(told::putNull);
        return told;
    }

    private Explanation find(boolean errors, String id) {
        Optional<Explanation> found =
                explanations
                        .find(
                                one -> (!errors || one.isError())
                                        && Long.toString(id(one)).equals(id),
                                1)
                        .stream()
                        .findFirst();
        return found.orElseThrow(
                () -> new Refused(404, "not_found", (errors ? "Error log " : "Log ") + id + " not found"));
    }

    ObjectNode stats(UnaryOperator<@Nullable String> query) {
        List<Explanation> found = explanations.find(filter(false, query), KEPT);
        long errors = found.stream().filter(Explanation::isError).count();
        ObjectNode told = Json.MAPPER
                .createObjectNode()
                .put("total_requests", found.size())
                .put("total_errors", errors)
                .put("error_rate", found.isEmpty() ? 0.0 : (double) errors / found.size())
                .put("total_input_tokens", sum(found, one -> counted(one.usage().input())))
                .put(
                        "total_output_tokens",
                        sum(found, one -> counted(one.usage().output())))
                .put("avg_duration_ms", average(found, Explanation::nanos))
                .put("avg_ttft_ms", average(found, Explanation::firstByteNanos));
        told.set("requests_by_provider", counts(found, Explanation::upstream));
        told.set("requests_by_model", counts(found, Explanation::model));
        told.set("requests_by_status", counts(found, one -> Integer.toString(one.status())));
        return told;
    }

    private static long sum(List<Explanation> found, ToLongFunction<Explanation> figure) {
        return found.stream().mapToLong(figure).sum();
    }

    private static @Nullable Double average(List<Explanation> found, ToLongFunction<Explanation> nanos) {
        return found.isEmpty() ? null : (double) TimeUnit.NANOSECONDS.toMillis(sum(found, nanos)) / found.size();
    }

    private interface Text {
        @Nullable String of(Explanation one);
    }

    private static ObjectNode counts(List<Explanation> found, Text by) {
        Map<String, Long> counts = new TreeMap<>();
        found.forEach(one -> counts.merge(Objects.requireNonNullElse(by.of(one), UNKNOWN), 1L, Long::sum));
        ObjectNode told = Json.MAPPER.createObjectNode();
        counts.forEach(told::put);
        return told;
    }

    void forget(Act act, boolean errors, String id) {
        Explanation found = find(errors, id);
        act.changes(Map.of("request_ids", List.of(found.id())), Map.of());
        explanations.forget(found::equals);
    }

    ObjectNode forget(Act act, boolean errors, ObjectNode body) {
        MaywzhBody.only(body, List.of("ids"));
        if (!body.has("ids")) {
            throw Refused.invalid("ids", "missing (expected: a list of at most " + MOST_IDS + " numbers)");
        }
        Set<Long> wanted = new HashSet<>(MaywzhBody.numbers(body, "ids", MOST_IDS));
        Predicate<Explanation> unwanted = one -> wanted.contains(id(one)) && (!errors || one.isError());
        List<String> deleted =
                explanations.find(unwanted, KEPT).stream().map(Explanation::id).toList();
        act.changes(Map.of("request_ids", deleted), Map.of());
        explanations.forget(unwanted);
        return Json.MAPPER.createObjectNode().put("deleted", deleted.size());
    }
}
