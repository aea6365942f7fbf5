package io.llmproxy.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.ContentCoding;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DecodedBodyTest {
    private static final int PLENTY = 64 << 20;

    private final BufferBudget budget = new BufferBudget();

    @BeforeEach
    void limit() {
        budget.limit(PLENTY);
    }

    private static List<ByteBuffer> zeros(int length) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream output = new GZIPOutputStream(compressed)) {
            output.write(new byte[length]);
        }
        return List.of(ByteBuffer.wrap(compressed.toByteArray()));
    }

    private boolean isUntouched() {
        boolean all = budget.tryReserve(PLENTY);
        budget.release(all ? PLENTY : 0);
        return all;
    }

    @Test
    void whatIsReadTakesPartOfTheBudget() throws IOException {
        DecodedBody body = DecodedBody.of(ContentCoding.GZIP, zeros(60_000), 1 << 20, budget);

        assertThat(body.refusal()).isNull();
        assertThat(body.pieces().stream().mapToInt(ByteBuffer::remaining).sum()).isEqualTo(60_000);
        assertThat(body.reserved()).isBetween(60_000L, 200_000L);
        assertThat(isUntouched()).isFalse();
        budget.release(body.reserved());
        assertThat(isUntouched()).isTrue();
    }

    @Test
    void aBodyThatBecomesTooLargeIsReadNoFurther() throws IOException {
        DecodedBody body = DecodedBody.of(ContentCoding.GZIP, zeros(50_000), 40_000, budget);

        assertThat(body.refusal()).extracting(Refusal::error).isEqualTo(ProxyError.BODY_TOO_LARGE);
        assertThat(isUntouched()).isTrue();
    }

    @Test
    void aBombIsReadNoFurtherThanItsLengthAllows() throws IOException {
        List<ByteBuffer> bomb = zeros(32 << 20);
        int length = bomb.get(0).remaining();
        budget.limit(length * (long) DecodedBody.LARGEST_RATIO + 128 * 1024);

        DecodedBody body = DecodedBody.of(ContentCoding.GZIP, bomb, PLENTY, budget);

        assertThat(body.refusal()).extracting(Refusal::error).isEqualTo(ProxyError.BODY_TOO_LARGE);
    }

    @Test
    void whatFindsNoRoomIsRefusedForNow() throws IOException {
        budget.limit(10_000);

        DecodedBody body = DecodedBody.of(ContentCoding.GZIP, zeros(60_000), PLENTY, budget);

        assertThat(body.refusal()).extracting(Refusal::error).isEqualTo(ProxyError.OVERLOADED);
        assertThat(DecodedBody.of(ContentCoding.ZSTD, zeros(1), PLENTY, budget).refusal())
                .extracting(Refusal::error)
                .isEqualTo(ProxyError.OVERLOADED);
    }

    @Test
    void whatIsNotCompressedIsBroken() {
        for (ContentCoding coding : ContentCoding.values()) {
            List<ByteBuffer> plain =
                    List.of(ByteBuffer.wrap("{\"model\":\"m\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)));

            assertThat(DecodedBody.of(coding, plain, PLENTY, budget).refusal())
                    .extracting(Refusal::error)
                    .isEqualTo(ProxyError.INVALID_REQUEST);
        }
        assertThat(isUntouched()).isTrue();
    }
}
