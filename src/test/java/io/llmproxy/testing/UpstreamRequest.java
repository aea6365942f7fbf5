package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A request as a {@link FakeUpstream} got it, and what became of it. */
public final class UpstreamRequest {
    static final int KEPT = 2 << 20;

    private final Head head;
    private final String serverName;
    private final String protocol;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final MessageDigest digest = Digests.sha256();
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final CountDownLatch bodyRead = new CountDownLatch(1);
    private final CountDownLatch aborted = new CountDownLatch(1);
    private volatile String sha256 = "";

    UpstreamRequest(Head head, String serverName, String protocol) {
        this.head = head;
        this.serverName = serverName;
        this.protocol = protocol;
    }

    /** Its first line and headers. */
    public Head head() {
        return head;
    }

    /** The name of the TLS extension, or nothing. */
    public String serverName() {
        return serverName;
    }

    /** The protocol that TLS agreed on, or nothing. */
    public String protocol() {
        return protocol;
    }

    /** How many bytes of body have come so far. */
    public long received() {
        return received.get();
    }

    /** How many bytes of the answer the operating system has taken so far. */
    public long sent() {
        return sent.get();
    }

    /** Waits for the end of the body and returns its beginning: at most 2 MiB. */
    public byte[] body() {
        await(bodyRead, Duration.ofSeconds(20), "the end of the request's body");
        synchronized (kept) {
            return kept.toByteArray();
        }
    }

    /** Waits for the end of the body and returns its SHA-256 in hexadecimal digits. */
    public String sha256() {
        await(bodyRead, Duration.ofSeconds(20), "the end of the request's body");
        return sha256;
    }

    /** Whether the body has come to its proper end. */
    public boolean complete() {
        return bodyRead.getCount() == 0;
    }

    /** Waits until the client of this request has gone before the answer was whole. */
    public boolean awaitAborted(Duration limit) {
        try {
            return aborted.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    void received(byte[] bytes, int length) {
        received.addAndGet(length);
        digest.update(bytes, 0, length);
        synchronized (kept) {
            kept.write(bytes, 0, Math.min(length, KEPT - Math.min(KEPT, kept.size())));
        }
    }

    void bodyEnded() {
        sha256 = HexFormat.of().formatHex(digest.digest());
        bodyRead.countDown();
    }

    void sent(int length) {
        sent.addAndGet(length);
    }

    void clientGone() {
        aborted.countDown();
    }

    private static void await(CountDownLatch latch, Duration limit, String what) {
        try {
            if (!latch.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("waited " + limit + " in vain for " + what);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return head.startLine() + " " + head.fields() + ", " + received + " bytes";
    }
}
