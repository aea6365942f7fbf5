package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.PriorityQueue;

/**
 * A mock of a model server for very many streams at once, on a single thread. The words of each event are the time at which it
 * was sent, as {@link System#nanoTime()} of this JVM, so that it is there in whatever API the client reads them.
 */
public final class SsePacer implements AutoCloseable {
    private static final String HEAD = String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream",
            "Cache-Control: no-cache",
            "Transfer-Encoding: chunked",
            "",
            "");
    private static final String EVENT =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" @%2$d@\"},\"finish_reason\":%1$s}]}\n\n";

    private final int events;
    private final long gap;
    private final ServerSocketChannel listener;
    private final Selector selector;
    private final PriorityQueue<Stream> due = new PriorityQueue<>(Comparator.comparingLong(stream -> stream.due));

    private SsePacer(int events, Duration gap) throws IOException {
        this.events = events;
        this.gap = gap.toNanos();
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    private static final class Stream {
        private final SocketChannel channel;
        private final ByteBuffer request = ByteBuffer.allocate(4096);
        private int left;
        private long due;

        private Stream(SocketChannel channel) {
            this.channel = channel;
        }
    }

    /** Starts a server whose every answer is a stream of so many events, one each {@code gap}. */
    public static SsePacer start(int events, Duration gap) {
        try {
            SsePacer pacer = new SsePacer(events, gap);
            FakeUpstream.daemon("sse-pacer", pacer::run);
            return pacer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its base URL. */
    public String url() {
        return "http://127.0.0.1:" + listener.socket().getLocalPort();
    }

    private void run() {
        try (selector;
                listener) {
            while (listener.isOpen()) {
                long wait = due.isEmpty() ? 1000 : (due.element().due - System.nanoTime()) / 1_000_000;
                if (wait > 0) {
                    selector.select(wait);
                } else {
                    selector.selectNow();
                }
                handleKeys();
                sendDue();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handleKeys() throws IOException {
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
            SelectionKey key = keys.next();
            keys.remove();
            if (key.isValid() && key.isAcceptable()) {
                SocketChannel channel = listener.accept();
                channel.configureBlocking(false);
                channel.socket().setTcpNoDelay(true);
                channel.register(selector, SelectionKey.OP_READ, new Stream(channel));
            } else if (key.isValid()) {
                read((Stream) key.attachment());
            }
        }
    }

    private void read(Stream stream) throws IOException {
        try {
            if (stream.channel.read(stream.request) < 0) {
                drop(stream);
            } else if (requestIsWhole(stream)) {
                stream.request.clear();
                stream.left = events;
                stream.due = System.nanoTime() + gap;
                write(stream, HEAD);
                due.add(stream);
            }
        } catch (IOException e) {
            drop(stream);
        }
    }

    private static boolean requestIsWhole(Stream stream) {
        String text = new String(stream.request.array(), 0, stream.request.position(), StandardCharsets.ISO_8859_1);
        return text.contains("\r\n\r\n") && text.endsWith("}");
    }

    private void sendDue() throws IOException {
        long now = System.nanoTime();
        while (!due.isEmpty() && due.element().due <= now) {
            Stream stream = due.remove();
            stream.left--;
            try {
                write(stream, chunk(EVENT.formatted(stream.left == 0 ? "\"stop\"" : "null", System.nanoTime())));
                if (stream.left == 0) {
                    write(stream, chunk("data: [DONE]\n\n") + "0\r\n\r\n");
                } else {
                    stream.due += gap;
                    due.add(stream);
                }
            } catch (IOException e) {
                drop(stream);
            }
        }
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private static void write(Stream stream, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        stream.channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("the client does not read");
        }
    }

    private void drop(Stream stream) throws IOException {
        due.remove(stream);
        stream.channel.close();
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(listener);
        selector.wakeup();
    }
}
