package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.StreamOpening;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CommitPointTest {
    private static final String ROLE =
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String TEXT =
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";

    private final List<String> heard = new ArrayList<>();
    private final Pieces pieces = new Pieces();
    private final CommitPoint point = point();

    /** An upstream's answer, piece by piece. */
    private static final class Pieces implements Content.Source {
        private final Queue<Content.Chunk> chunks = new ArrayDeque<>();
        private @Nullable Runnable demand;

        void come(String text) {
            chunks.add(Content.Chunk.from(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), false));
            tell();
        }

        void come(Content.Chunk chunk) {
            chunks.add(chunk);
            tell();
        }

        private void tell() {
            Runnable waiting = demand;
            if (waiting != null) {
                demand = null;
                waiting.run();
            }
        }

        @Override
        public Content.@Nullable Chunk read() {
            return chunks.poll();
        }

        @Override
        public void demand(Runnable callback) {
            assertThat(demand).as("demanded twice").isNull();
            demand = callback;
        }

        @Override
        public void fail(Throwable failure) {
            come(Content.Chunk.from(failure, true));
        }
    }

    @SuppressWarnings("NullAway") // neither attempt nor response is looked at
    private CommitPoint point() {
        CommitPoint.Owner owner = new CommitPoint.Owner() {
            @Override
            public void reached(CommitPoint reached) {
                heard.add("reached " + reached.refusal());
            }

            @Override
            public void missed(CommitPoint missed, UpstreamFailure failure) {
                heard.add("missed " + failure.error());
            }
        };
        StreamOpening opening = Objects.requireNonNull(
                StreamOpening.of(ApiPath.of("/v1/chat/completions").endpoint()));
        return new CommitPoint(null, null, pieces, opening, owner);
    }

    private String read() {
        Content.Chunk chunk = point.read();
        return chunk == null
                ? ""
                : StandardCharsets.UTF_8.decode(chunk.getByteBuffer()).toString();
    }

    @Test
    void whatSaysNothingIsHeldBackUntilSomethingDoes() {
        point.run();
        pieces.come(ROLE);
        assertThat(heard).isEmpty();

        pieces.come(TEXT.substring(0, 20));
        assertThat(heard).isEmpty();
        pieces.come(TEXT.substring(20));

        assertThat(heard).containsExactly("reached 0");
        assertThat(point.hasContent()).isTrue();
        assertThat(read()).isEqualTo(ROLE + TEXT);
        assertThat(point.read()).isNull();
    }

    @Test
    void afterThatItIsTheStreamItself() {
        point.run();
        pieces.come(TEXT);
        assertThat(read()).isEqualTo(TEXT);

        point.demand(() -> heard.add("demanded"));
        pieces.come(ROLE);

        assertThat(heard).containsExactly("reached 0", "demanded");
        assertThat(read()).isEqualTo(ROLE);
        pieces.come(Content.Chunk.EOF);
        assertThat(Objects.requireNonNull(point.read()).isLast()).isTrue();
    }

    @Test
    void aFailureOrAnEndBeforeThatIsAMiss() {
        point.run();
        pieces.come(ROLE);
        pieces.come(Content.Chunk.EOF);

        assertThat(heard).containsExactly("missed RESET");
        point.expire();
        assertThat(heard).hasSize(1);
    }

    @Test
    void plainJsonIsPassedOnWhenItHasComeToItsEnd() {
        point.run();
        String error = "{\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}";
        pieces.come(error.substring(0, 20));
        pieces.come(error.substring(20));
        assertThat(heard).isEmpty();
        pieces.come(Content.Chunk.EOF);

        assertThat(heard).containsExactly("reached 429");
        assertThat(read()).isEqualTo(error);
    }

    @Test
    void plainJsonThatEndsTooEarlyIsAMiss() {
        point.run();
        pieces.come("{\"error\":{\"message\":");
        pieces.come(Content.Chunk.EOF);

        assertThat(heard).containsExactly("missed RESET");
    }

    @Test
    void anErrorWithoutItsBlankLineIsPassedOn() {
        point.run();
        pieces.come("data: {\"error\":{\"code\":503}}");
        pieces.come(Content.Chunk.EOF);

        assertThat(heard).containsExactly("reached 503");
        assertThat(point.hasContent()).isFalse();
    }

    @Test
    void aFailureSaysWhatItIs() {
        point.run();
        pieces.fail(new UpstreamFailure(ProxyError.STALLED));

        assertThat(heard).containsExactly("missed STALLED");
    }

    @Test
    void whenTheTimeIsOverWhatWasDemandedIsStillTold() {
        point.run();
        pieces.come(ROLE);
        point.expire();
        assertThat(heard).containsExactly("reached 0");
        assertThat(point.hasContent()).isFalse();
        assertThat(read()).isEqualTo(ROLE);
        assertThat(point.read()).isNull();

        point.demand(() -> heard.add("demanded"));
        pieces.come(TEXT);

        assertThat(heard).containsExactly("reached 0", "demanded");
        assertThat(read()).isEqualTo(TEXT);
    }

    @Test
    void aStreamThatHasNothingToSayIsNotHeldBackForEver() {
        point.run();
        for (int i = 0; i < 63; i++) {
            pieces.come(ROLE);
        }
        assertThat(heard).isEmpty();
        pieces.come(ROLE);
        assertThat(heard).containsExactly("reached 0");
    }

    @Test
    void aLongCommentIsNotHeldBackForEver() {
        point.run();
        String comment = ": " + "x".repeat(1 << 16) + "\n\n";
        for (int i = 0; i < 3; i++) {
            pieces.come(comment);
        }
        assertThat(heard).isEmpty();
        pieces.come(comment);
        assertThat(heard).containsExactly("reached 0");
    }
}
