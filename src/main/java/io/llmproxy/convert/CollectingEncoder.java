package io.llmproxy.convert;

import io.llmproxy.convert.codec.Collector;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/** Writes nothing, and lets a collector hear all. */
final class CollectingEncoder implements StreamEncoder {
    private final JsonBuffer nothing = new JsonBuffer(0);
    private final Collector collector;

    CollectingEncoder(Collector collector) {
        this.collector = collector;
    }

    @Override
    public JsonBuffer written() {
        return nothing;
    }

    @Override
    public byte[] heartbeat() {
        return new byte[0];
    }

    @Override
    public void begin(@Nullable String id, @Nullable Usage usage) {
        collector.begin(id, usage);
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        collector.open(choice, part, kind);
    }

    @Override
    public void openCall(int choice, int part, String id, String name, @Nullable Opaque opaque) {
        collector.openCall(choice, part, id, name, opaque);
    }

    @Override
    public void delta(int choice, int part, String text) {
        collector.delta(choice, part, text);
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        collector.sign(choice, part, opaque);
    }

    @Override
    public void close(int choice, int part) {
        collector.close(choice, part);
    }

    @Override
    public void stop(int choice, Stop stop) {
        collector.stop(choice, stop);
    }

    @Override
    public void usage(Usage usage) {
        collector.usage(usage);
    }

    @Override
    public void failure(Fault fault) {
        collector.failure(fault);
    }

    @Override
    public void finish() {
        collector.finish();
    }
}
