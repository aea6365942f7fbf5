package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;

/** A client with very many streams at once, on a single thread. It reads what a {@link SsePacer} sends. */
public final class StreamLoad {
    private static final String TIME = " @";

    private final URI target;
    private final String headers;
    private final int streams;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
    private long[] delays = new long[1 << 16];
    private int events;
    private int finished;
    private int broken;

    /** A load of so many streams from one URL. */
    public StreamLoad(URI target, int streams) {
        this(target, "", streams);
    }

    /** The same with more headers. */
    public StreamLoad(URI target, String headers, int streams) {
        this.target = target;
        this.headers = headers;
        this.streams = streams;
    }

    /**
     * What came of the streams.
     *
     * @param finished streams that came to their proper end
     * @param broken streams that did not
     * @param events events seen
     * @param p99 time from the sending of an event to its arrival that 99 of 100 events kept
     */
    public record Outcome(int finished, int broken, int events, Duration p99) {}

    private static final class Reader {
        private final StringBuilder line = new StringBuilder();
        private boolean done;
    }

    /** Opens all streams within a while and reads them to their end. */
    public Outcome run(Duration ramp, Duration limit) {
        try (Selector selector = Selector.open()) {
            long start = System.nanoTime();
            int opened = 0;
            while (finished + broken < streams && System.nanoTime() - start < limit.toNanos()) {
                long wanted = Math.min(streams, 1 + (System.nanoTime() - start) * streams / ramp.toNanos());
                for (; opened < wanted; opened++) {
                    open(selector);
                }
                selector.select(5);
                handleKeys(selector);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long[] sorted = Arrays.copyOf(delays, events);
        Arrays.sort(sorted);
        Duration p99 = Duration.ofNanos(events == 0 ? Long.MAX_VALUE : sorted[(int) (events * 0.99)]);
        return new Outcome(finished, streams - finished, events, p99);
    }

    private void open(Selector selector) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(target.getHost(), target.getPort()));
        channel.configureBlocking(false);
        String body =
                "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        String request = "POST " + RawClient.target(target)
                + " HTTP/1.1\r\nHost: load.test\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n" + headers + "\r\n" + body;
        channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
        channel.register(selector, SelectionKey.OP_READ, new Reader());
    }

    private void handleKeys(Selector selector) throws IOException {
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
            SelectionKey key = keys.next();
            keys.remove();
            Reader reader = (Reader) key.attachment();
            if (!read(reader, (SocketChannel) key.channel())) {
                broken += reader.done ? 0 : 1;
                key.channel().close();
            } else if (reader.done) {
                finished++;
                key.channel().close();
            }
        }
    }

    private boolean read(Reader reader, SocketChannel channel) {
        buffer.clear();
        try {
            if (channel.read(buffer) < 0) {
                return false;
            }
        } catch (IOException e) {
            return false;
        }
        buffer.flip();
        long now = System.nanoTime();
        while (buffer.hasRemaining()) {
            char next = (char) (buffer.get() & 0xff);
            if (next == '\n') {
                take(reader, now);
                reader.line.setLength(0);
            } else {
                reader.line.append(next);
            }
        }
        return true;
    }

    private void take(Reader reader, long now) {
        int time = reader.line.indexOf(TIME);
        if (time >= 0) {
            int end = reader.line.indexOf("@", time + TIME.length());
            record(now - Long.parseLong(reader.line.substring(time + TIME.length(), end)));
        } else if (reader.line.indexOf("data: [DONE]") == 0 || reader.line.indexOf("event: message_stop") == 0) {
            reader.done = true;
        }
    }

    private void record(long delay) {
        if (events == delays.length) {
            delays = Arrays.copyOf(delays, 2 * events);
        }
        delays[events++] = delay;
    }
}
