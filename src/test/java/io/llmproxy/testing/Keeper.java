package io.llmproxy.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An upstream with an account for each of its keys. It knows what it has made for an account itself, and nothing else. */
public final class Keeper {
    private static final Pattern NAMED =
            Pattern.compile("\"(?:previous_response_id|input_file_id|file_id|cachedContent)\"\\s*:\\s*\"([^\"]+)\"");

    private final FakeUpstream server = FakeUpstream.start();
    private final Set<String> kept = ConcurrentHashMap.newKeySet();
    private final AtomicInteger made = new AtomicInteger();
    private final int number;

    /** @param number is a part of each identifier that it makes, as in {@code files-1x7} */
    public Keeper(int number) {
        this.number = number;
        restore();
    }

    /** The server, which may be told to behave otherwise. */
    public FakeUpstream server() {
        return server;
    }

    /** Makes it have something that was made before, for an account with a key. */
    public void keep(String key, String id) {
        kept.add("Bearer " + key + " " + id);
    }

    /** Makes it have something no longer. */
    public void lose(String key, String id) {
        kept.remove("Bearer " + key + " " + id);
    }

    /** Forgets how it was told to behave, but not what it made. */
    public void restore() {
        server.reset();
        server.otherwise(new Behaviour("keeps what it makes", this::serve));
    }

    private void serve(Conversation conversation) throws IOException {
        conversation.readBody();
        String path = conversation.request().head().path();
        String account = conversation.request().head().value("Authorization").orElse("");
        boolean post = conversation.request().head().startLine().startsWith("POST");
        String body = new String(conversation.request().body(), UTF_8);
        Matcher named = NAMED.matcher(body);
        String collection = path.replaceFirst("^/v1(beta)?/", "");
        if (named.find() && !kept.contains(account + " " + named.group(1))) {
            int status = named.group().contains("cachedContent") ? 403 : 400;
            answer(conversation, status, "{\"error\":{\"message\":\"" + named.group(1) + " is not known\"}}");
        } else if (collection.contains(":generateContent") || collection.equals("chat/completions")) {
            answer(conversation, 200, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"A\"}]}}]}");
        } else if (!collection.contains("/")) {
            collection(conversation, collection, account, post, body);
        } else {
            one(conversation, collection, account);
        }
    }

    private void collection(Conversation conversation, String collection, String account, boolean post, String body)
            throws IOException {
        if (!post) {
            answer(conversation, 200, "{\"data\":[],\"from\":" + number + "}");
            return;
        }
        String id = (collection.equals("cachedContents") ? "cachedContents/c" : collection + "-") + number + "x"
                + made.incrementAndGet();
        kept.add(account + " " + id);
        String member = collection.equals("cachedContents") ? "name" : "id";
        String made = "{\"" + member + "\":\"" + id + "\",\"object\":\"any\",\"output\":[]}";
        if (body.contains("\"stream\":true")) {
            String events = "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":" + made + "}\n\n"
                    + "data: {\"type\":\"response.completed\",\"sequence_number\":1,\"response\":" + made + "}\n\n";
            answer(conversation, 200, "text/event-stream", events);
        } else {
            answer(conversation, 200, made);
        }
    }

    private void one(Conversation conversation, String path, String account) throws IOException {
        boolean google = path.startsWith("cachedContents");
        String id = google ? path : path.split("/", -1)[1];
        if (!kept.contains(account + " " + id)) {
            answer(conversation, google ? 403 : 404, "{\"error\":{\"message\":\"not here\"}}");
            return;
        }
        String output = path.startsWith("batches") ? ",\"output_file_id\":\"files-" + id + "\"" : "";
        if (!output.isEmpty()) {
            kept.add(account + " files-" + id);
        }
        answer(
                conversation,
                200,
                "{\"" + (google ? "name" : "id") + "\":\"" + id + "\",\"object\":\"any\"" + output + "}");
    }

    private static void answer(Conversation conversation, int status, String body) throws IOException {
        answer(conversation, status, "application/json", body);
    }

    private static void answer(Conversation conversation, int status, String type, String body) throws IOException {
        conversation.send("HTTP/1.1 " + status + " Fake\r\nContent-Type: " + type + "\r\nContent-Length: "
                + body.getBytes(UTF_8).length + "\r\n\r\n" + body);
    }
}
