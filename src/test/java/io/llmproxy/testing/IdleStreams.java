package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Very many streams on which nothing happens: the upstream of all of them, which sends one event to each and then nothing
 * more, and their clients, which count the comments that keep them alive.
 */
public final class IdleStreams implements AutoCloseable {
    private static final byte[] BEGIN = String.join(
                    "\r\n",
                    "HTTP/1.1 200 OK",
                    "Content-Type: text/event-stream",
                    "Transfer-Encoding: chunked",
                    "",
                    "11",
                    "data: {\"begun\":1}",
                    "2",
                    "\n\n",
                    "")
            .getBytes(StandardCharsets.US_ASCII);

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final List<Stream> streams = new ArrayList<>();
    private final Queue<Opened> opened = new ConcurrentLinkedQueue<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(65536);
    private volatile boolean closed;

    private IdleStreams() throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    private record Opened(SocketChannel channel, Stream stream) {}

    private static final class Stream {
        private final AtomicInteger comments = new AtomicInteger();
        private volatile boolean begun;
        private volatile boolean ended;
    }

    /** Starts the upstream. */
    public static IdleStreams start() {
        try {
            IdleStreams idle = new IdleStreams();
            FakeUpstream.daemon("idle-streams", idle::run);
            return idle;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The upstream's base URL. */
    public String url() {
        return "http://127.0.0.1:" + listener.socket().getLocalPort();
    }

    /** Opens so many streams from a URL. */
    public void open(URI target, int count) {
        open(target, count, "");
    }

    /** Opens so many streams from a URL, each with a prompt. */
    public void open(URI target, int count, String prompt) {
        String body = "{\"prompt\":\"" + prompt + "\",\"stream\":true}";
        byte[] request = ("POST " + RawClient.target(target) + " HTTP/1.1\r\nHost: idle.test\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
        try {
            for (int i = 0; i < count; i++) {
                SocketChannel channel = SocketChannel.open(new InetSocketAddress(target.getHost(), target.getPort()));
                channel.write(ByteBuffer.wrap(request));
                channel.configureBlocking(false);
                Stream stream = new Stream();
                streams.add(stream);
                opened.add(new Opened(channel, stream));
            }
            selector.wakeup();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many streams have begun and not ended. */
    public int alive() {
        return (int)
                streams.stream().filter(stream -> stream.begun && !stream.ended).count();
    }

    /** How many comments the stream has had that had fewest. */
    public int fewestComments() {
        return streams.stream().mapToInt(stream -> stream.comments.get()).min().orElse(0);
    }

    /** Waits a while and looks again. */
    public static void let(Duration pass) {
        try {
            Thread.sleep(pass.toMillis());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void run() {
        try (selector;
                listener) {
            while (!closed) {
                for (Opened next = opened.poll(); next != null; next = opened.poll()) {
                    next.channel.register(selector, SelectionKey.OP_READ, next.stream);
                }
                selector.select(this::handle, 100);
            }
            for (SelectionKey key : selector.keys()) {
                FakeUpstream.closeQuietly(key.channel());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                SocketChannel upstream = listener.accept();
                upstream.configureBlocking(false);
                upstream.register(selector, SelectionKey.OP_READ);
            } else if (key.attachment() instanceof Stream stream) {
                read((SocketChannel) key.channel(), stream);
            } else {
                answer((SocketChannel) key.channel());
            }
        } catch (IOException e) {
            FakeUpstream.closeQuietly(key.channel());
        }
    }

    private void answer(SocketChannel upstream) throws IOException {
        buffer.clear();
        int read = upstream.read(buffer);
        if (read < 0) {
            upstream.close();
        } else if (buffer.get(read - 1) == '}') {
            upstream.write(ByteBuffer.wrap(BEGIN));
        }
    }

    private void read(SocketChannel client, Stream stream) throws IOException {
        buffer.clear();
        int read = client.read(buffer);
        if (read < 0) {
            stream.ended = true;
            client.close();
            return;
        }
        String text = new String(buffer.array(), 0, read, StandardCharsets.US_ASCII);
        stream.begun |= text.contains("begun");
        stream.ended |= text.contains("\"error\"");
        for (int at = text.indexOf("\n: "); at >= 0; at = text.indexOf("\n: ", at + 1)) {
            stream.comments.incrementAndGet();
        }
    }

    /** Ends the streams on both sides, and the upstream. */
    public void end() {
        closed = true;
        selector.wakeup();
    }

    @Override
    public void close() {
        end();
    }
}
