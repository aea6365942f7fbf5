package io.llmproxy.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An identity provider that speaks OpenID Connect, for one client, {@code llmproxy} with the secret {@code CANARY-client-secret}. Who opens
 * its page is signed in as the person of the moment, without being asked. It is strict: a code is good once, for the page and the verifier
 * that it was made for.
 */
public final class FakeProvider implements AutoCloseable {
    /** What the gateway is called here. */
    public static final String CLIENT = "llmproxy";

    /** What it shows. */
    public static final String SECRET = "CANARY-client-secret";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What it does wrong. */
    public enum Fault {
        NONE,
        FOREIGN_ISSUER,
        OTHER_AUDIENCE,
        OTHER_PARTY,
        OTHER_NONCE,
        NO_NONCE,
        EXPIRED,
        OF_THE_FUTURE,
        NOT_SIGNED,
        SIGNED_WITH_SECRET,
        SIGNED_WITH_PUBLIC_KEY,
        SIGNED_BY_STRANGER,
        KEY_IN_HEADER,
        OTHER_ACCESS_TOKEN,
        NO_TOKEN,
        NO_JSON,
        TOO_LONG,
        FAILS,
        ELSEWHERE,
        HANGS,
        OTHER_SUBJECT,
        NAMES_OTHER_ISSUER,
        REFUSES_PERSON
    }

    private record Pending(Map<String, String> asked, Map<String, Object> claims) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Pending> codes = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Object>> told = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger calls = new AtomicInteger();
    private volatile RSAKey key = newKey();
    private volatile Fault fault = Fault.NONE;
    private volatile Map<String, Object> person = Map.of("sub", "1", "preferred_username", "ann", "groups", List.of());
    private volatile boolean thinTokens;
    private volatile int skew;
    private volatile Map<String, String> left = Map.of();
    private volatile Consumer<String> before = path -> {};

    private FakeProvider(HttpServer server) {
        this.server = server;
    }

    /** Starts one. */
    public static FakeProvider start() {
        return start(0);
    }

    /** Starts one where another was. */
    public static FakeProvider start(int port) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
            FakeProvider provider = new FakeProvider(server);
            server.createContext("/", provider::answer);
            server.setExecutor(provider.threads);
            server.start();
            return provider;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it calls itself. */
    public String issuer() {
        return "http://127.0.0.1:" + port() + "/realm";
    }

    /** Where it is. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Keys of {@code http_server.admin.oidc} that name it, in flow style. */
    public String settings() {
        return "issuer: \"" + issuer() + "\", client_id: " + CLIENT + ", client_secret: " + SECRET;
    }

    /** Whom it signs in from now on. */
    public void person(String name, List<String> groups) {
        person(Map.of("sub", "sub of " + name, "preferred_username", name, "groups", groups));
    }

    /** What it says of whom it signs in from now on. */
    public void person(Map<String, Object> claims) {
        person = Map.copyOf(claims);
    }

    /** What it does wrong from now on. */
    public void fault(Fault next) {
        fault = next;
    }

    /** Whether tokens hold nothing but the subject from now on; the rest is told to who asks. */
    public void thinTokens(boolean thin) {
        thinTokens = thin;
    }

    /** What it does before it answers, given the path below its own that it is asked for, such as {@code /token}. */
    public void before(Consumer<String> act) {
        before = act;
    }

    /** By how many seconds its clock is ahead from now on. */
    public void skew(int seconds) {
        skew = seconds;
    }

    /** Signs with another key from now on, and forgets the one before. */
    public void rotate() {
        key = newKey();
    }

    /** How often it was asked for anything. */
    public int calls() {
        return calls.get();
    }

    /** What was told by who signed out last. */
    public Map<String, String> left() {
        return left;
    }

    private static RSAKey newKey() {
        try {
            return new RSAKeyGenerator(2048)
                    .keyID(UUID.randomUUID().toString())
                    .keyUse(KeyUse.SIGNATURE)
                    .generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        calls.incrementAndGet();
        Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
        String path = exchange.getRequestURI().getPath();
        before.accept(path.substring("/realm".length()));
        try (exchange) {
            switch (path) {
                case "/realm/.well-known/openid-configuration" -> tell(exchange, 200, document());
                case "/realm/authorize" -> authorize(exchange, query);
                case "/realm/token" -> token(exchange);
                case "/realm/keys" -> tell(exchange, 200, new JWKSet(key.toPublicJWK()).toJSONObject());
                case "/realm/me" -> me(exchange);
                case "/realm/end" -> {
                    left = query;
                    redirect(exchange, Objects.requireNonNull(query.get("post_logout_redirect_uri")));
                }
                default -> tell(exchange, 404, Map.of("error", "not_found"));
            }
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("issuer", issuer());
        document.put("authorization_endpoint", issuer() + "/authorize");
        document.put("token_endpoint", issuer() + "/token");
        document.put("jwks_uri", issuer() + "/keys");
        document.put("userinfo_endpoint", issuer() + "/me");
        document.put("end_session_endpoint", issuer() + "/end");
        document.put("authorization_response_iss_parameter_supported", true);
        return document;
    }

    private void authorize(HttpExchange exchange, Map<String, String> query) throws IOException {
        String page = Objects.requireNonNull(query.get("redirect_uri"));
        boolean right = CLIENT.equals(query.get("client_id"))
                && "code".equals(query.get("response_type"))
                && "S256".equals(query.get("code_challenge_method"))
                && List.of(query.getOrDefault("scope", "").split(" ")).contains("openid")
                && query.containsKey("nonce");
        if (!right) {
            tell(exchange, 400, Map.of("error", "invalid_request"));
            return;
        }
        String state = "&state=" + encoded(Objects.requireNonNull(query.get("state")));
        if (fault == Fault.REFUSES_PERSON) {
            redirect(exchange, page + "?error=access_denied&error_description=free+beer" + state);
            return;
        }
        String code = UUID.randomUUID().toString();
        codes.put(code, new Pending(query, person));
        String issuer = fault == Fault.NAMES_OTHER_ISSUER ? "https://elsewhere.test" : issuer();
        redirect(exchange, page + "?code=" + code + state + "&iss=" + encoded(issuer));
    }

    private void token(HttpExchange exchange) throws IOException, JOSEException {
        Map<String, String> form = form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        switch (fault) {
            case HANGS -> awaitClose();
            case FAILS -> tell(exchange, 500, Map.of());
            case ELSEWHERE -> redirect(exchange, issuer() + "/elsewhere");
            case NO_JSON -> send(exchange, 200, "<html>maintenance</html>");
            case TOO_LONG -> send(exchange, 200, "x".repeat(3 << 20));
            default -> exchange(exchange, form);
        }
    }

    private void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void exchange(HttpExchange exchange, Map<String, String> form) throws IOException, JOSEException {
        String basic =
                "Basic " + Base64.getEncoder().encodeToString((CLIENT + ':' + SECRET).getBytes(StandardCharsets.UTF_8));
        if (!basic.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            tell(exchange, 401, Map.of("error", "invalid_client"));
            return;
        }
        Pending pending = codes.remove(String.valueOf(form.get("code")));
        if (pending == null
                || !"authorization_code".equals(form.get("grant_type"))
                || !Objects.equals(pending.asked.get("redirect_uri"), form.get("redirect_uri"))
                || !Objects.equals(pending.asked.get("code_challenge"), challenge(form.get("code_verifier")))) {
            tell(exchange, 400, Map.of("error", "invalid_grant"));
            return;
        }
        String access = "CANARY-" + UUID.randomUUID();
        told.put(access, pending.claims);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("access_token", access);
        answer.put("token_type", "Bearer");
        if (fault != Fault.NO_TOKEN) {
            answer.put("id_token", idToken(pending, access));
        }
        tell(exchange, 200, answer);
    }

    private String idToken(Pending pending, String access) throws JOSEException {
        Instant now = Instant.now().plusSeconds(skew);
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(fault == Fault.FOREIGN_ISSUER ? "https://elsewhere.test" : issuer())
                .audience(fault == Fault.OTHER_AUDIENCE ? "another" : CLIENT)
                .issueTime(Date.from(fault == Fault.OF_THE_FUTURE ? now.plusSeconds(600) : now))
                .expirationTime(Date.from(fault == Fault.EXPIRED ? now.minusSeconds(600) : now.plusSeconds(300)))
                .claim("at_hash", half(fault == Fault.OTHER_ACCESS_TOKEN ? "another" : access));
        if (fault != Fault.NO_NONCE) {
            claims.claim("nonce", fault == Fault.OTHER_NONCE ? "another" : pending.asked.get("nonce"));
        }
        if (fault == Fault.OTHER_PARTY) {
            claims.claim("azp", "another");
        }
        pending.claims.forEach((name, value) -> {
            if (!thinTokens || name.equals("sub")) {
                claims.claim(name, value);
            }
        });
        return signed(claims.build());
    }

    private String signed(JWTClaimsSet claims) throws JOSEException {
        RSAKey by = key;
        JWSHeader.Builder header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(by.getKeyID());
        switch (fault) {
            case NOT_SIGNED -> {
                return new PlainJWT(claims).serialize();
            }
            case SIGNED_WITH_SECRET, SIGNED_WITH_PUBLIC_KEY -> {
                byte[] secret = fault == Fault.SIGNED_WITH_SECRET
                        ? Arrays.copyOf(SECRET.getBytes(StandardCharsets.UTF_8), 32)
                        : by.toRSAPublicKey().getEncoded();
                SignedJWT token = new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.HS256)
                                .keyID(by.getKeyID())
                                .build(),
                        claims);
                token.sign(new MACSigner(secret));
                return token.serialize();
            }
            case SIGNED_BY_STRANGER -> by = newKey();
            case KEY_IN_HEADER -> {
                by = newKey();
                header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .jwk(by.toPublicJWK())
                        .jwkURL(URI.create(issuer() + "/keys"));
            }
            default -> {}
        }
        SignedJWT token = new SignedJWT(header.build(), claims);
        token.sign(new RSASSASigner(by));
        return token.serialize();
    }

    private void me(HttpExchange exchange) throws IOException {
        String shown = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        Map<String, Object> claims = told.get(shown.replace("Bearer ", ""));
        if (claims == null) {
            tell(exchange, 401, Map.of("error", "invalid_token"));
            return;
        }
        Map<String, Object> all = new LinkedHashMap<>(claims);
        if (fault == Fault.OTHER_SUBJECT) {
            all.put("sub", "another");
        }
        tell(exchange, 200, all);
    }

    private static String challenge(@Nullable String verifier) {
        return Base64URL.encode(sha256(String.valueOf(verifier))).toString();
    }

    private static String half(String access) {
        return Base64URL.encode(Arrays.copyOf(sha256(access), 16)).toString();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads a query or a form. */
    public static Map<String, String> form(@Nullable String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        if (text != null && !text.isEmpty()) {
            for (String pair : text.split("&", -1)) {
                String[] parts = pair.split("=", 2);
                fields.put(decoded(parts[0]), parts.length < 2 ? "" : decoded(parts[1]));
            }
        }
        return fields;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static void redirect(HttpExchange exchange, String location) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        exchange.sendResponseHeaders(302, -1);
    }

    private static void tell(HttpExchange exchange, int status, Map<String, ?> body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        send(exchange, status, JSON.writeValueAsString(body));
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Answers nobody from now on. */
    public void goAway() {
        close();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
