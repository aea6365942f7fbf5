package io.llmproxy.convert;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ClientCodec;
import io.llmproxy.convert.codec.Collector;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Fault;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes a whole answer of an upstream's event stream, for a client that wants no stream. */
public final class StreamCollector {
    private final StreamDecoder decoder;
    private final ClientCodec client;
    private final Answering as;
    private final Collector collector;
    private final UpstreamReader reader;
    private final StreamGuard guard;

    StreamCollector(StreamDecoder decoder, ClientCodec client, Answering as, @Nullable ThoughtRecorder recorder) {
        this.decoder = decoder;
        this.client = client;
        this.as = as;
        this.collector = new Collector(as.limits().text());
        this.guard = new StreamGuard(new CollectingEncoder(collector), recorder, 1);
        this.reader =
                new UpstreamReader(new DecodingSink(decoder, guard), as.limits().event());
    }

    /**
     * Takes the next piece of the upstream's stream.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void accept(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        reader.read(bytes, offset, length);
    }

    /**
     * The upstream's stream has ended; returns the answer.
     *
     * @throws BadAnswerException if the stream was cut or told an error
     */
    public WholeAnswer end() {
        if (!guard.isOver()) {
            decoder.end(guard);
        }
        Fault fault = guard.fault() == null ? collector.fault() : guard.fault();
        if (fault != null) {
            throw new BadAnswerException(fault);
        }
        ChatAnswer answer = collector.answer();
        return new WholeAnswer(client.encodeAnswer(answer, as).bytes(), answer.usage(), answer.id());
    }
}
