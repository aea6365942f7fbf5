package io.llmproxy.jetty.client;

import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Pools memory, but not the objects that it is seen through: each user gets one of its own, so that one who touches it after
 * giving it back moves nothing of the next user's.
 *
 * <p>Jetty's client does that. When an exchange fails while the listener of its head is running, the buffer of its connection
 * is given back inside of the listener, and emptied by {@code HttpReceiverOverHTTP.parse} after it. By then the next user may
 * have read an answer into it, and a piece of that would be lost.
 */
public final class ViewBufferPool extends ByteBufferPool.Wrapper {
    public ViewBufferPool() {
        super(new ArrayByteBufferPool());
    }

    @Override
    public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
        RetainableByteBuffer pooled = super.acquire(size, direct);
        return RetainableByteBuffer.wrap(pooled.getByteBuffer().duplicate(), pooled);
    }
}
