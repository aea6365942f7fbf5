package io.llmproxy.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

/** The demo's first client: it asks once in each API, so that the console has something to show. */
final class DemoVisitor implements Runnable {
    private static final int TRIES = 100;
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final String CHAT =
            "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    private static final String MESSAGES =
            "{\"model\":\"%s\",\"stream\":%s,\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    private static final String CONTENTS = "{\"contents\":[{\"parts\":[{\"text\":\"Hello\"}]}]}";

    private static final List<Question> QUESTIONS = List.of(
            new Question("/v1/chat/completions", CHAT.formatted("demo-failover", true)),
            new Question("/v1/chat/completions", CHAT.formatted("demo-anthropic", true)),
            new Question("/v1/messages", MESSAGES.formatted("demo-gemini", false)),
            new Question("/v1beta/models/demo-openai:generateContent", CONTENTS),
            new Question("/v1/chat/completions", CHAT.formatted("demo", false)),
            new Question("/v1/messages", MESSAGES.formatted("demo-responses", true)));

    private final URI gateway;

    /** @param gateway where the demo's forward listens, soon or already */
    DemoVisitor(URI gateway) {
        this.gateway = gateway;
    }

    private record Question(String path, String body) {}

    /** Has it ask, on a thread that does not keep the process alive. */
    void start() {
        Thread thread = new Thread(this, "llmproxy-demo-visitor");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try {
            for (Question question : QUESTIONS) {
                ask(client, question);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tries again while nothing listens there yet. */
    private void ask(HttpClient client, Question question) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(gateway.resolve(question.path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(question.body))
                .build();
        for (int left = TRIES; left > 0; left--) {
            try {
                client.send(request, BodyHandlers.discarding());
                return;
            } catch (IOException e) {
                Thread.sleep(PAUSE.toMillis());
            }
        }
    }
}
