package io.llmproxy.capture;

import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.SettledAttempt;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A request and its answer, as far as they have come. */
public final class Recorded implements BodyLog.Recording {
    private final Headers headers;
    private final Body request;
    private final Body answer;
    private final BiConsumer<Recorded, SettledAttempt> settled;
    private final BiConsumer<Recorded, Exchange> ended;
    private final ReentrantLock lock = new ReentrantLock();
    private String method = "";
    private String path = "";
    private boolean over;

    /**
     * @param settled told when an attempt is over
     * @param ended told when an exchange is over
     */
    Recorded(
            Headers headers,
            Memory memory,
            int most,
            BiConsumer<Recorded, SettledAttempt> settled,
            BiConsumer<Recorded, Exchange> ended) {
        this.headers = headers;
        this.request = new Body(memory, most);
        this.answer = new Body(memory, most);
        this.settled = settled;
        this.ended = ended;
    }

    @Override
    public void request(String verb, String target, Function<String, @Nullable String> header) {
        locked(() -> {
            method = verb;
            path = target;
            request.head(headers, header);
        });
    }

    @Override
    public void request(ByteBuffer piece) {
        locked(() -> request.add(piece));
    }

    @Override
    public void answer(int status, Function<String, @Nullable String> header) {
        locked(() -> answer.head(headers, header));
    }

    @Override
    public void answer(ByteBuffer piece) {
        locked(() -> answer.add(piece));
    }

    @Override
    public void end(SettledAttempt attempt) {
        settled.accept(this, attempt);
    }

    @Override
    public void end(Exchange exchange) {
        ended.accept(this, exchange);
    }

    @Override
    public void discard() {
        lock.lock();
        try {
            over = true;
            request.release();
            answer.release();
        } finally {
            lock.unlock();
        }
    }

    /** Records no more, so that all of it can be read. */
    public void close() {
        lock.lock();
        try {
            over = true;
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            if (!over) {
                change.run();
            }
        } finally {
            lock.unlock();
        }
    }

    String method() {
        return method;
    }

    String path() {
        return path;
    }

    Body request() {
        return request;
    }

    Body answer() {
        return answer;
    }
}
