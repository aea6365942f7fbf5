package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.RawClient;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Clients that ask too much, or what they may not. */
class LimitFaultsIT {
    private static final int PARALLEL = 100;
    private static final int LIMIT = 10;

    private final FaultWorld world = FaultWorld.fresh();

    private static void assertRefused(Answer answer) {
        Scene.assertOurs(answer, 429, "rate_limit_exceeded");
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, LIMIT);
        assertThat(answer.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(answer.header("x-ratelimit-reset-requests")).isNotBlank();
    }

    @Fault("C15")
    void aTokenThatIsWrong(Kind kind) {
        Scene scene = world.scene(kind, "one");
        for (String token : List.of("", "Authorization: Bearer wrong\r\n", "Authorization: Bearer \r\n")) {
            Answer answer = RawClient.exchange(scene.deployment().admin("/admin/reload"), "POST", token, Scene.NOTHING);
            assertThat(answer.status()).as(token).isEqualTo(401);
            assertThat(answer.toString()).doesNotContain(FaultWorld.TOKEN);
        }
        scene.assertCounted(0, "llmproxy_config_reloads_total");
    }

    @Fault("C15")
    void moreThanItsShare(Kind kind) {
        Scene scene = world.scene(kind, "few", "one");
        scene.ask();
        scene.ask();

        Answer answer = scene.ask();
        Answer messages = scene.ask(Scene.MESSAGES);

        assertRefused(answer);
        Scene.assertOurs(messages, 429, "rate_limit_exceeded");
        assertThat(messages.text()).contains("rate_limit_error");
        assertThat(scene.requests(world.first)).hasSizeBetween(2, 3);
        scene.assertBreaker("a", scene.requests(world.first).size(), 0);
    }

    @Fault("C17")
    void aHundredAtOnce(Kind kind) {
        Scene scene = world.scene(kind, "limited", "one");
        ExecutorService threads = Executors.newFixedThreadPool(PARALLEL);
        List<CompletableFuture<Answer>> asked = IntStream.range(0, PARALLEL)
                .mapToObj(i -> CompletableFuture.supplyAsync(scene::ask, threads))
                .toList();
        List<Answer> answers = asked.stream().map(CompletableFuture::join).toList();
        threads.shutdown();

        List<Answer> refused =
                answers.stream().filter(answer -> answer.status() != 200).toList();
        assertThat(PARALLEL - refused.size()).isBetween(LIMIT, LIMIT + 1);
        refused.forEach(LimitFaultsIT::assertRefused);
        assertThat(refused)
                .allMatch(answer -> answer.header("x-ratelimit-limit-requests").equals(Integer.toString(LIMIT)));
        scene.assertCalls(PARALLEL - refused.size(), 0);
        scene.assertCounted(refused.size(), "llmproxy_ratelimit_total", "forward=\"limited\"");
        scene.assertClientErrors("rate_limit_exceeded", 429, refused.size());
    }
}
