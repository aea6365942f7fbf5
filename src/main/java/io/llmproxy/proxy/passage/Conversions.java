package io.llmproxy.proxy.passage;

import io.llmproxy.config.ConversionConfig;
import io.llmproxy.config.GroupConfig.Convert;
import io.llmproxy.config.Provider;
import io.llmproxy.config.SpokenApi;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.convert.Flavours;
import io.llmproxy.convert.ReasoningMemory;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;
import io.llmproxy.protocol.ApiBase;
import io.llmproxy.protocol.Operation;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which upstreams can serve a request, and how: those that speak the client's API as it is, others by conversion. The
 * request is decoded only when an attempt needs it, and once; each attempt encodes it anew.
 */
public final class Conversions {
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

    private final Exchange exchange;
    private final RequestBody body;
    private final Reach reach;
    private final Convert mode;
    private final ConversionConfig config;
    private final @Nullable ClientCall call;
    private @Nullable DecodedCall decoded;
    private @Nullable UsageAsking asking;
    private boolean lookedInto;
    /** The upstream that is asked as the client asks, as it has refused what we have put into the request. */
    private @Nullable Upstream plainly;

    private volatile BufferBudget.@Nullable Share share;

    public Conversions(Exchange exchange, UpstreamGroup group, RequestBody body) {
        this.exchange = exchange;
        this.body = body;
        this.mode = group.convert();
        this.config = group.conversion();
        this.call = group.converts() ? ClientCall.of(exchange) : null;
        this.reach = new Reach(exchange.askedOfUpstreams().family(), call);
    }

    /** What the conversion of answers keeps in memory. */
    public BufferBudget.Share share() {
        BufferBudget.Share kept = share;
        if (kept == null) {
            kept = new BufferBudget.Share(body.budget());
            share = kept;
        }
        return kept;
    }

    /** Frees that memory: the exchange is over. */
    public void release() {
        BufferBudget.Share kept = share;
        if (kept != null) {
            kept.close();
        }
    }

    /** Whether an upstream serves the request at all, and its client, whatever the model. */
    public boolean serves(Upstream upstream) {
        return isAlike(upstream) || (body.isWhole() && reach.converts(upstream));
    }

    /** Whether an upstream would serve the request by conversion if its body were not too large to be kept. */
    public boolean lacksBody(Upstream upstream) {
        return !body.isWhole() && reach.converts(upstream);
    }

    /** Whether an upstream speaks the client's API. */
    public boolean isAlike(Upstream upstream) {
        return reach.isAlike(upstream);
    }

    /** Whether upstreams that speak the client's API are asked before others. */
    public boolean prefersAlike() {
        return call != null && mode == Convert.FALLBACK;
    }

    /**
     * Returns what an attempt at an upstream changes.
     *
     * @throws ConversionException if the request cannot be converted
     */
    public Passage passage(Upstream upstream) {
        ClientCall convertible = call;
        if (convertible == null || isAlike(upstream)) {
            return new Unconverted(exchange, RenamedModel.of(exchange.model(), upstream), asking(upstream));
        }
        Passage flavoured = isFlavour(upstream.config(), convertible) ? flavoured(upstream, convertible) : null;
        if (flavoured != null) {
            return flavoured;
        }
        DecodedCall request = decoded(convertible);
        boolean told = config.lossy() != ConversionConfig.Lossy.QUIET;
        return request.passage(target(upstream, request, convertible), told, share());
    }

    /** From now on, nothing of ours is put into the request to an upstream. */
    public void askPlainly(Upstream upstream) {
        plainly = upstream;
    }

    /** An upstream has taken the request: if it had refused it with what we had put in, that was the reason. */
    public void taken(Upstream upstream) {
        UsageAsking asked = asking;
        if (upstream == plainly && asked != null && !asked.request().hasOwnOptions()) {
            exchange.metering().refused(upstream, "refuses stream_options.include_usage");
        }
    }

    /** What asks an upstream for the usage of a stream, which the client has not done; null if it is not asked. */
    private @Nullable UsageAsking asking(Upstream upstream) {
        if (upstream == plainly || !exchange.metering().asks(upstream)) {
            return null;
        }
        if (!lookedInto) {
            asking = UsageAsking.of(exchange, body);
            lookedInto = true;
        }
        return asking;
    }

    /** Whether an upstream may speak the client's API, but in another place's flavour. */
    private static boolean isFlavour(UpstreamConfig config, ClientCall call) {
        SpokenApi only = config.dialect();
        if (call.operation() != Operation.CHAT || (only != null && of(only) != call.dialect())) {
            return false;
        }
        return switch (config.provider()) {
            case VERTEX -> call.dialect() == Dialect.MESSAGES || call.dialect() == Dialect.GEMINI;
            case GEMINI -> call.dialect() == Dialect.GEMINI && dialect(config, "") == Dialect.GEMINI;
            default -> false;
        };
    }

    /** Null if the model is one of another API: Vertex AI has both. */
    private @Nullable Passage flavoured(Upstream upstream, ClientCall call) {
        AskedModel asked = exchange.model();
        RequestLine line = call.line();
        boolean messages = call.dialect() == Dialect.MESSAGES;
        try {
            byte[] plain = plain();
            String inRequest = messages ? Flavours.model(plain) : line.model();
            String name = asked == null ? inRequest : upstreamName(upstream, asked);
            if (name.isEmpty() || dialect(upstream.config(), name) != call.dialect()) {
                return null;
            }
            Flavours.Request request = flavoured(upstream.config().provider(), call, plain, name);
            String query = line.stream() && !line.array() ? "alt=sse" : null;
            return new FlavouredPassage(
                    new Unconverted(exchange, RenamedModel.of(exchange.model(), upstream), null),
                    call.dialect(),
                    new Passage.Target(request.path(), query),
                    request.body(),
                    config.anthropicBetas());
        } catch (JsonException e) {
            throw ConversionException.invalid(e.path(), "the body is not a request: " + e.getMessage());
        }
    }

    private static Flavours.Request flavoured(Provider provider, ClientCall call, byte[] plain, String name) {
        boolean stream = call.line().stream();
        if (call.dialect() == Dialect.MESSAGES) {
            return Flavours.messagesAtVertex(plain, name);
        }
        return provider == Provider.VERTEX
                ? Flavours.geminiAtVertex(plain, name, stream)
                : Flavours.geminiAtStudio(plain, name, stream);
    }

    /**
     * Returns the answer to a request that an upstream need not be asked; null if it must.
     *
     * @throws ConversionException if the request cannot be converted
     */
    public @Nullable Answer answer(Upstream upstream) {
        ClientCall convertible = call;
        if (convertible == null || convertible.operation() != Operation.COUNT || isAlike(upstream)) {
            return null;
        }
        DecodedCall request = decoded(convertible);
        return request.answer(target(upstream, request, convertible));
    }

    private DecodedCall decoded(ClientCall convertible) {
        DecodedCall request = decoded;
        if (request == null) {
            request = convertible.decode(plain(), policy(), memory());
            decoded = request;
        }
        return request;
    }

    private ReasoningMemory.Recollection memory() {
        return exchange.forward().reasoning().of(Objects.requireNonNullElse(exchange.clientKey(), "everybody"));
    }

    private String model(Upstream upstream, DecodedCall request) {
        AskedModel asked = exchange.model();
        return asked == null ? request.model() : upstreamName(upstream, asked);
    }

    private static String upstreamName(Upstream upstream, AskedModel asked) {
        return Objects.requireNonNullElse(upstream.config().models().upstreamName(asked.name()), asked.name());
    }

    private byte[] plain() {
        return body.plain(exchange.clientRequest().getHeader("Content-Encoding"));
    }

    private Policy policy() {
        return new Policy(
                Policy.Lossy.valueOf(config.lossy().name()),
                config.hosted() == ConversionConfig.Hosted.DROP,
                Set.copyOf(config.forward()),
                config.maxTokens(),
                config.forwardUser(),
                config.reasoningContent(),
                config.geminiSignatures());
    }

    private io.llmproxy.convert.Upstream target(Upstream upstream, DecodedCall request, ClientCall convertible) {
        UpstreamConfig config = upstream.config();
        String model = model(upstream, request);
        boolean countsElsewhere = convertible.operation() == Operation.COUNT
                && config.provider() == Provider.OPENAI
                && config.dialect() == null;
        // OpenAI counts tokens in the other of its two APIs.
        Dialect dialect = countsElsewhere ? Dialect.RESPONSES : dialect(config, model);
        return new io.llmproxy.convert.Upstream(
                dialect,
                place(config),
                family(config, dialect),
                model,
                config.capabilities().stated());
    }

    private static Place place(UpstreamConfig config) {
        return switch (config.provider()) {
            case VERTEX -> Place.VERTEX;
            case AZURE_OPENAI -> isDated(config) ? Place.DEPLOYMENTS : Place.NATIVE;
            default -> Place.NATIVE;
        };
    }

    /** Azure's versions that are dates belong to the paths that name a deployment, and to no others. */
    private static boolean isDated(UpstreamConfig config) {
        String version = Objects.requireNonNullElse(config.apiVersion(), "");
        String query = Objects.requireNonNullElse(config.url().getRawQuery(), "");
        return DATE.matcher(version).find()
                || (query.contains("api-version=") && DATE.matcher(query).find());
    }

    /** The names by which the decoders know a vendor's state when a client brings it without an envelope. */
    private static String family(UpstreamConfig config, Dialect dialect) {
        Provider provider = config.provider();
        if (provider == Provider.CUSTOM) {
            return config.name();
        }
        String vendor = switch (dialect) {
            case MESSAGES -> "anthropic";
            case GEMINI -> "gemini";
            case CHAT, RESPONSES -> provider.label();
        };
        return provider == Provider.VERTEX ? "vertex-" + vendor : vendor;
    }

    static Dialect dialect(UpstreamConfig config, String model) {
        SpokenApi only = config.dialect();
        if (only != null) {
            return of(only);
        }
        return switch (config.provider()) {
            case ANTHROPIC -> Dialect.MESSAGES;
            case GEMINI -> ApiBase.of(config).isOpenAi() ? Dialect.CHAT : Dialect.GEMINI;
            case VERTEX -> model.toLowerCase(Locale.ROOT).startsWith("claude") ? Dialect.MESSAGES : Dialect.GEMINI;
            case OPENAI, AZURE_OPENAI, OLLAMA, VLLM, CUSTOM -> Dialect.CHAT;
        };
    }

    static Dialect of(SpokenApi api) {
        return switch (api) {
            case OPENAI -> Dialect.CHAT;
            case RESPONSES -> Dialect.RESPONSES;
            case ANTHROPIC -> Dialect.MESSAGES;
            case GEMINI -> Dialect.GEMINI;
        };
    }
}
