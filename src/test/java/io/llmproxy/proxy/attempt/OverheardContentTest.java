package io.llmproxy.proxy.attempt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.ToldError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverheardContentTest {
    private static final String ERROR = "{ \"error\": {\"code\":429,\"message\":\"slow\"}}";
    private static final ToldError TOLD = new ToldError(429, OptionalLong.empty());

    private final Deque<Content.Chunk> coming = new ArrayDeque<>();
    private final List<ToldError> heard = new ArrayList<>();

    private final class Source implements Content.Source {
        @Override
        public Content.@Nullable Chunk read() {
            return coming.poll();
        }

        @Override
        public void demand(Runnable callback) {
            callback.run();
        }

        @Override
        public void fail(Throwable failure) {
            coming.clear();
        }
    }

    private void comes(String text, int size) {
        byte[] bytes = text.getBytes(UTF_8);
        for (int from = 0; from < bytes.length; from += size) {
            byte[] piece = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + size));
            coming.add(Content.Chunk.from(ByteBuffer.wrap(piece), false));
        }
        coming.add(Content.Chunk.EOF);
    }

    private String passed(boolean certain) {
        OverheardContent content = new OverheardContent(new Source(), certain, heard::add);
        StringBuilder passed = new StringBuilder();
        for (Content.Chunk chunk = content.read(); chunk != null; chunk = content.read()) {
            if (!Content.Chunk.isFailure(chunk)) {
                passed.append(UTF_8.decode(chunk.getByteBuffer()));
            }
        }
        return passed.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void anErrorIsHeardAsItPasses(int size) {
        comes(ERROR, size);
        assertThat(passed(false)).isEqualTo(ERROR);
        assertThat(heard).containsExactly(TOLD);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void anAnswerIsNone(int size) {
        String answer = "{\"id\":\"x\",\"error\":{\"code\":429}}";
        comes(answer, size);
        assertThat(passed(false)).isEqualTo(answer);
        assertThat(heard).isEmpty();
        comes(answer, size);
        assertThat(passed(true)).isEqualTo(answer);
        assertThat(heard).containsExactly(TOLD);
    }

    @Test
    void whatIsLongerThanAnErrorIsNotKept() {
        String longer = ERROR.replace("slow", "s".repeat(70_000));
        comes(longer, 1000);
        assertThat(passed(true)).isEqualTo(longer);
        comes(" ".repeat(300) + ERROR, 10);
        assertThat(passed(false)).hasSizeGreaterThan(300);
        assertThat(heard).isEmpty();
        comes("{\"error\":{\"code\":429" + " ".repeat(300) + "}}", 10);
        assertThat(passed(false)).hasSizeGreaterThan(300);
        assertThat(heard).containsExactly(TOLD);
    }

    @Test
    void whatBreaksOffIsNotHeard() {
        coming.add(Content.Chunk.from(ByteBuffer.wrap(ERROR.getBytes(UTF_8)), false));
        coming.add(Content.Chunk.from(new IOException("cut"), true));
        coming.add(Content.Chunk.EOF);
        assertThat(passed(true)).isEqualTo(ERROR);
        assertThat(heard).isEmpty();
    }
}
