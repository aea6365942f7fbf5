package io.llmproxy.jetty.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 9, 10, 15, 16, 78, 255, 256, 4095, 4096, 65_535, 65_536, 0x0abcdef0, Integer.MAX_VALUE})
    void theSizeIsWrittenInLowerCaseWithoutLeadingZeros(int length) {
        ByteBuffer buffer = ByteBuffer.allocate(Chunks.LONGEST_SIZE_LINE);

        Chunks.putSize(buffer, length);

        assertThat(text(buffer.flip())).isEqualTo(Integer.toHexString(length) + "\r\n");
    }

    @Test
    void aWholeChunkHasItsSizeItsContentAndItsEnd() {
        ByteBuffer content = ByteBuffer.wrap("data: one\n\n".getBytes(StandardCharsets.US_ASCII));

        ByteBuffer[] chunk = Chunks.whole(content);

        assertThat(chunk[1]).isSameAs(content);
        assertThat(Arrays.stream(chunk).map(ChunksTest::text).collect(Collectors.joining()))
                .isEqualTo("b\r\ndata: one\n\n\r\n");
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.US_ASCII.decode(buffer.duplicate()).toString();
    }
}
