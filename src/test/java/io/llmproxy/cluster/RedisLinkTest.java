package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What answers in the place of Redis may be anything. It counts as away, whatever Jedis makes of it. */
class RedisLinkTest {
    private static final Duration TIMEOUT = Duration.ofMillis(50);
    private static final List<String> REASONS = List.of(
            "an invalid answer", "the connection broke", "no answer in time", "it answers ERR", "it answers an error");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 400 Bad Request~~",
                "SSH-2.0-OpenSSH_9.2~",
                "-ERR unknown command~",
                "-~",
                "+OK~",
                ":1~",
                ":text~",
                "$-1~",
                "*-1~",
                "*0~",
                "*2~$-1~*-1~",
                "*2~:1~:2~",
                "*2~$1~a~$1~b~",
                "*2~*-1~*1~$-1~",
                "*2~$19~9223372036854775807~$19~9223372036854775807~",
                "$2000000000~",
                "*2147483647~",
                "*2~$1~1~",
                "$100~short"
            })
    void nonsenseIsAStoreThatIsAway(String answer) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> answer(server, answer.replace("~", "\r\n")), "nonsense");
            thread.setDaemon(true);
            thread.start();
            String url = "redis://127.0.0.1:" + server.getLocalPort();
            for (Secret password : new Secret[] {null, new Secret("p")}) {
                RedisConfig config = new RedisConfig(url, null, null, null, password, null, "p", TIMEOUT, null);
                assertThat(reason(config, link -> link.say(1, List.of()))).isIn(REASONS);
                assertThat(reason(config, link -> link.exchange(Notes.NONE))).isIn(REASONS);
                assertThat(reason(config, link -> new HomeEntries(link).say(List.of("file-1"), List.of(""))))
                        .isIn(REASONS);
            }
        }
    }

    private interface Saying {
        void to(RedisLink link) throws StoreAwayException;
    }

    private static String reason(RedisConfig config, Saying saying) {
        try (RedisLink link = new RedisLink(config, "one", "one")) {
            StoreAwayException away = catchThrowableOfType(StoreAwayException.class, () -> {
                link.open();
                saying.to(link);
            });
            return away == null ? "none" : away.reason();
        }
    }

    private static void answer(ServerSocket server, String text) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                InputStream in = client.getInputStream();
                byte[] asked = new byte[8192];
                while (in.read(asked) >= 0 && !text.isEmpty()) {
                    client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
                }
            } catch (IOException e) {
                // The client has gone, or the test is over.
            }
        }
    }
}
