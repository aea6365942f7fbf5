import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * An upstream that costs next to nothing: one thread, answers from memory. A request with {@code "stream":true} in its
 * body is answered with events at a steady pace, each with the time of its making; any other with one JSON document, and a
 * GET of {@code /bytes/N} with so many bytes. A request that is too large to be kept is read, but not looked at.
 *
 * <pre>java [-DtimedWords=true] MockLlm.java PORT EVENTS INTERVAL_MS [FAULTS]</pre>
 *
 * <p>With {@code FAULTS}, so many of a thousand requests are treated badly, each in the next of the {@link Fault ways}. How
 * often is printed at the end.
 */
final class MockLlm {
    private static final int LARGEST_REQUEST = 64 * 1024;
    /** Whether the words of an event are its time, for clients that see nothing else of it. */
    private static final boolean TIMED_WORDS = Boolean.getBoolean("timedWords");
    private static final byte[] STREAM = bytes("\"stream\":true");
    static final byte[] HEAD_END = bytes("\r\n\r\n");
    private static final byte[] LENGTH = bytes("content-length:");
    private static final byte[] BYTES = bytes("/bytes/");
    private static final ByteBuffer BLOCK = ByteBuffer.allocateDirect(1024 * 1024);
    private static final byte[] JSON_BODY = json();
    private static final byte[] JSON = join(
            bytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + JSON_BODY.length + "\r\n\r\n"),
            JSON_BODY);
    private static final byte[] UNAVAILABLE = error("503 Service Unavailable", "");
    private static final byte[] RATE_LIMITED = error("429 Too Many Requests", "Retry-After: 1\r\nretry-after-ms: 100\r\n");
    private static final byte[] LAST_CHUNK = bytes("0\r\n\r\n");
    private static final byte[] STREAM_HEAD =
            bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    private static final byte[] STREAM_END = bytes("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");

    private final Selector selector;
    private final int events;
    private final long interval;
    private final int faultsInThousand;
    /** Mocks on neighbouring ports begin with different ones, so that they do not all say at once that they are asked too much. */
    private final int firstFault;

    private final int[] faults = new int[Fault.values().length];
    private long requests;
    private long bad;
    /** All intervals are alike, so what was queued first is due first. */
    private final Queue<Due> queue = new ArrayDeque<>();

    private record Due(Client client, long nanos, int left, Fault fault) {}

    /** What can be wrong with an answer. */
    private enum Fault {
        NONE,
        UNAVAILABLE,
        RATE_LIMITED,
        /** The connection is reset before anything is said. */
        RESET_AT_ONCE,
        /** The connection is reset in the middle. */
        RESET_LATER,
        /** A stream ends in order, but without its last word; any other answer is shorter than it says. */
        CUT,
        /** Nothing more comes after the middle. */
        STALL
    }

    private static final class Client {
        final SocketChannel channel;
        final SelectionKey key;
        final ByteBuffer in = ByteBuffer.allocate(LARGEST_REQUEST);
        final Queue<ByteBuffer> out = new ArrayDeque<>(1);
        /** What is still to come of a request that is too large to be kept. */
        int unread;

        Client(SocketChannel channel, Selector selector) throws IOException {
            this.channel = channel;
            this.key = channel.register(selector, SelectionKey.OP_READ, this);
        }
    }

    private MockLlm(Selector selector, int events, long interval, int faultsInThousand, int firstFault) {
        this.selector = selector;
        this.events = events;
        this.interval = interval;
        this.faultsInThousand = faultsInThousand;
        this.firstFault = firstFault;
    }

    public static void main(String[] arguments) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 4096);
        server.configureBlocking(false);
        Selector selector = Selector.open();
        server.register(selector, SelectionKey.OP_ACCEPT);
        int faults = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 0;
        long interval = Long.parseLong(arguments[2]) * 1_000_000;
        int firstFault = Integer.parseInt(arguments[0]);
        MockLlm mock = new MockLlm(selector, Integer.parseInt(arguments[1]), interval, faults, firstFault);
        if (faults > 0) {
            Runtime.getRuntime().addShutdownHook(new Thread(mock::print));
        }
        mock.run(server);
    }

    private void print() {
        System.out.print("requests " + requests);
        for (Fault fault : Fault.values()) {
            if (fault != Fault.NONE) {
                System.out.print(" " + fault + " " + faults[fault.ordinal()]);
            }
        }
        System.out.println();
    }

    private void run(ServerSocketChannel server) throws IOException {
        while (true) {
            Due first = queue.peek();
            if (first == null) {
                selector.select();
            } else if (first.nanos > System.nanoTime()) {
                selector.select(Math.max(1, (first.nanos - System.nanoTime()) / 1_000_000));
            } else {
                selector.selectNow();
            }
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    accept(server);
                } else {
                    serve((Client) key.attachment());
                }
            }
            selector.selectedKeys().clear();
            emit();
        }
    }

    private void accept(ServerSocketChannel server) throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            new Client(channel, selector);
        }
    }

    private void serve(Client client) {
        try {
            if (client.key.isWritable()) {
                flush(client);
            }
            if (client.key.isReadable()) {
                if (client.channel.read(client.in) < 0) {
                    close(client);
                    return;
                }
                answerAll(client);
            }
        } catch (IOException e) {
            close(client);
        }
    }

    private void answerAll(Client client) throws IOException {
        byte[] in = client.in.array();
        int end = client.in.position();
        int from = 0;
        if (client.unread > 0) {
            from = Math.min(client.unread, end);
            client.unread -= from;
            if (client.unread == 0) {
                answer(client, false, fault());
            }
        }
        int length = requestLength(in, from, end);
        while (length > 0 && from + length <= end) {
            int size = in[from] == 'G' ? find(in, from, from + length, BYTES) : -1;
            if (size >= 0) {
                writeBytes(client, number(in, size + BYTES.length));
            } else {
                answer(client, find(in, from, from + length, STREAM) >= 0, fault());
            }
            if (!client.channel.isOpen()) {
                return;
            }
            from += length;
            length = requestLength(in, from, end);
        }
        if (length > LARGEST_REQUEST) {
            client.unread = length - (end - from);
            from = end;
        }
        client.in.flip().position(from);
        client.in.compact();
    }

    /** The n-th bad answer is due when n of the thousandths are full. */
    private Fault fault() {
        Fault fault = Fault.NONE;
        if (++requests * faultsInThousand / 1000 > bad) {
            fault = Fault.values()[1 + (int) ((bad++ + firstFault) % (Fault.values().length - 1))];
        }
        faults[fault.ordinal()]++;
        return fault;
    }

    private void answer(Client client, boolean stream, Fault fault) throws IOException {
        switch (fault) {
            case UNAVAILABLE -> write(client, UNAVAILABLE);
            case RATE_LIMITED -> write(client, RATE_LIMITED);
            case RESET_AT_ONCE -> reset(client);
            default -> {
                if (stream) {
                    write(client, STREAM_HEAD);
                    queue.add(new Due(client, System.nanoTime() + interval, events, fault));
                } else if (fault == Fault.NONE) {
                    write(client, JSON);
                } else {
                    write(client, Arrays.copyOf(JSON, JSON.length / 2));
                    spoil(client, fault, new byte[0]);
                }
            }
        }
    }

    /** Goes wrong in the middle of an answer. */
    private static void spoil(Client client, Fault fault, byte[] end) throws IOException {
        if (fault == Fault.RESET_LATER) {
            reset(client);
        } else if (fault == Fault.CUT) {
            write(client, end);
            close(client);
        }
    }

    private static void reset(Client client) throws IOException {
        client.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        close(client);
    }

    /** Length of the request that starts at an index, of which some may still be to come; 0 if that is so of its head. */
    private static int requestLength(byte[] in, int from, int to) {
        int headEnd = find(in, from, to, HEAD_END);
        if (headEnd < 0) {
            return 0;
        }
        int header = find(in, from, headEnd, LENGTH);
        return headEnd + HEAD_END.length + (header < 0 ? 0 : number(in, header + LENGTH.length)) - from;
    }

    /** The number that starts at an index, behind blanks. */
    private static int number(byte[] in, int from) {
        int number = 0;
        int digits = from;
        while (in[digits] == ' ') {
            digits++;
        }
        for (; in[digits] >= '0' && in[digits] <= '9'; digits++) {
            number = number * 10 + in[digits] - '0';
        }
        return number;
    }

    /** Looks for text that is lower case in the pattern and may be either in what is looked through. */
    static int find(byte[] in, int from, int to, byte[] pattern) {
        for (int at = from; at <= to - pattern.length; at++) {
            int matched = 0;
            while (matched < pattern.length && lower(in[at + matched]) == pattern[matched]) {
                matched++;
            }
            if (matched == pattern.length) {
                return at;
            }
        }
        return -1;
    }

    private static int lower(byte letter) {
        return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
    }

    private void emit() {
        long now = System.nanoTime();
        while (!queue.isEmpty() && queue.peek().nanos <= now) {
            Due due = queue.remove();
            try {
                if (!due.client.channel.isOpen()) {
                    continue;
                }
                if (due.fault != Fault.NONE && due.left <= events / 2) {
                    spoil(due.client, due.fault, LAST_CHUNK);
                    continue;
                }
                write(due.client, event(events - due.left));
                if (due.left > 1) {
                    queue.add(new Due(due.client, due.nanos + interval, due.left - 1, due.fault));
                } else {
                    write(due.client, STREAM_END);
                }
            } catch (IOException e) {
                close(due.client);
            }
        }
    }

    private static byte[] event(int number) {
        String data = event(number, System.nanoTime());
        return bytes(Integer.toHexString(data.length()) + "\r\n" + data + "\r\n");
    }

    /** The n-th event of a stream, counted from 0, made at a time. */
    static String event(int number, long nanos) {
        return "data: {\"id\":\"bench-" + number
                + "\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\",\"t\":" + nanos
                + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" " + (TIMED_WORDS ? nanos : "word") + "\"},\"finish_reason\":null}]}\n\n";
    }

    private static void writeBytes(Client client, int count) throws IOException {
        write(client, bytes("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " + count + "\r\n\r\n"));
        for (int left = count; left > 0; left -= BLOCK.capacity()) {
            write(client, BLOCK.duplicate().limit(Math.min(left, BLOCK.capacity())));
        }
    }

    private static void write(Client client, byte[] bytes) throws IOException {
        write(client, ByteBuffer.wrap(bytes));
    }

    private static void write(Client client, ByteBuffer piece) throws IOException {
        if (client.out.isEmpty()) {
            client.channel.write(piece);
        }
        if (piece.hasRemaining()) {
            client.out.add(piece);
            client.key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    private static void flush(Client client) throws IOException {
        while (!client.out.isEmpty()) {
            client.channel.write(client.out.peek());
            if (client.out.peek().hasRemaining()) {
                return;
            }
            client.out.remove();
        }
        client.key.interestOps(SelectionKey.OP_READ);
    }

    private static void close(Client client) {
        try {
            client.channel.close();
        } catch (IOException e) {
            client.key.cancel();
        }
    }

    /** The body of an answer that is no stream. */
    static byte[] jsonBody() {
        return JSON_BODY;
    }

    private static byte[] json() {
        char[] text = new char[1500];
        Arrays.fill(text, 'x');
        return bytes("{\"id\":\"bench\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"mock\",\"choices\":[{\"index\":0,"
                + "\"message\":{\"role\":\"assistant\",\"content\":\"" + new String(text)
                + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}");
    }

    private static byte[] error(String status, String header) {
        String body = "{\"error\":{\"message\":\"not now\",\"type\":\"server_error\",\"param\":null,\"code\":null}}";
        return bytes("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + header + "Content-Length: "
                + body.length() + "\r\n\r\n" + body);
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
