package io.llmproxy.jetty.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.util.BufferUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViewBufferPoolTest {
    private static final int SIZE = 16 * 1024;

    private final ByteBufferPool pool = new ViewBufferPool();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anOwnerThatHasGivenABufferBackCannotEmptyItForTheNext(boolean direct) {
        RetainableByteBuffer.Mutable first = pool.acquire(SIZE, direct);
        ByteBuffer stale = first.getByteBuffer();
        first.release();
        RetainableByteBuffer.Mutable next = pool.acquire(SIZE, direct);
        BufferUtil.append(next.getByteBuffer(), new byte[] {1, 2, 3});

        BufferUtil.clear(stale);

        assertThat(next.remaining()).isEqualTo(3);
    }

    @Test
    void memoryIsUsedAgain() {
        RetainableByteBuffer.Mutable first = pool.acquire(SIZE, false);
        byte[] memory = first.getByteBuffer().array();
        first.release();

        assertThat(pool.acquire(SIZE, false).getByteBuffer().array()).isSameAs(memory);
    }

    @Test
    void memoryThatSomebodyStillReadsIsNotUsedAgain() {
        RetainableByteBuffer.Mutable first = pool.acquire(SIZE, false);
        byte[] memory = first.getByteBuffer().array();
        first.retain();

        assertThat(first.isRetained()).isTrue();
        assertThat(first.release()).isFalse();
        assertThat(pool.acquire(SIZE, false).getByteBuffer().array()).isNotSameAs(memory);
        assertThat(first.release()).isTrue();
    }

    @Test
    void aBufferBeginsEmptyWhateverItHeldBefore() {
        RetainableByteBuffer.Mutable first = pool.acquire(SIZE, false);
        BufferUtil.append(first.getByteBuffer(), new byte[] {1, 2, 3});
        first.release();

        RetainableByteBuffer.Mutable next = pool.acquire(SIZE, false);
        assertThat(next.hasRemaining()).isFalse();
        assertThat(BufferUtil.space(next.getByteBuffer())).isEqualTo(SIZE);
    }
}
