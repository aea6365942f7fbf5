package io.llmproxy.jetty.server;

import io.llmproxy.jetty.loop.Chunks;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.MetaData;
import org.jspecify.annotations.Nullable;

/**
 * Writes each piece of an answer as a whole chunk. Jetty's own writes the line end that closes a chunk only with the next chunk,
 * so a client that reads whole chunks gets each event one event late.
 *
 * <p>A short piece is copied to where its length stands, which makes one buffer of what were two: the system is handed fewer of
 * them, not more. {@link Chunks#whole} is for longer ones.
 */
final class WholeChunks extends HttpGenerator {
    /** Whether the chunk that was written last has not been closed yet, as it was too long to be copied. */
    private boolean open;

    @Override
    public Result generateResponse(
            MetaData.Response info,
            boolean head,
            @Nullable ByteBuffer header,
            @Nullable ByteBuffer chunk,
            @Nullable ByteBuffer content,
            boolean last)
            throws IOException {
        if (open) {
            return close(chunk);
        }
        if (!head && content != null && content.hasRemaining()) {
            if (isState(State.COMMITTED) && isChunking()) {
                return add(chunk, content);
            }
            if (isState(State.START) && !last && header != null && info != null && info.getContentLength() < 0) {
                return begin(info, header, chunk, content);
            }
        }
        return super.generateResponse(info, head, header, chunk, content, last);
    }

    /** The head, and the first piece behind it. */
    private Result begin(MetaData.Response info, ByteBuffer header, @Nullable ByteBuffer chunk, ByteBuffer content)
            throws IOException {
        Result result = super.generateResponse(info, false, header, chunk, null, false);
        if (result == Result.FLUSH && isState(State.COMMITTED) && isChunking()) {
            int start = header.position();
            header.position(header.limit()).limit(header.capacity());
            if (header.remaining() < Chunks.LONGEST_SIZE_LINE) {
                return retryWithLargerBuffer();
            }
            put(header, content);
            header.flip().position(start);
        }
        return result;
    }

    private Result retryWithLargerBuffer() {
        boolean persistent = isPersistent();
        reset();
        setPersistent(persistent);
        return Result.HEADER_OVERFLOW;
    }

    private Result add(@Nullable ByteBuffer chunk, ByteBuffer content) {
        if (chunk == null) {
            return Result.NEED_CHUNK;
        }
        chunk.clear();
        put(chunk, content);
        chunk.flip();
        return Result.FLUSH;
    }

    /** If there is no room for the piece it is left to be written behind the buffer, and its chunk to be closed after that. */
    private void put(ByteBuffer buffer, ByteBuffer content) {
        int length = content.remaining();
        Chunks.putSize(buffer, length);
        if (buffer.remaining() >= length + Chunks.END_LENGTH) {
            buffer.put(content);
            Chunks.putEnd(buffer);
        } else {
            open = true;
        }
    }

    private Result close(@Nullable ByteBuffer chunk) {
        if (chunk == null) {
            return Result.NEED_CHUNK;
        }
        open = false;
        chunk.clear();
        Chunks.putEnd(chunk);
        chunk.flip();
        return Result.FLUSH;
    }

    @Override
    public void reset() {
        open = false;
        super.reset();
    }

    @Override
    public void abort() {
        open = false;
        super.abort();
    }
}
