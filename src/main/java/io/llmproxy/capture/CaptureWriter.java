package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;
import io.llmproxy.journal.JournalSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes lines of what was recorded and writes them. What cannot be written is dropped and counted. Used by the journal's thread. */
final class CaptureWriter implements JournalSink<Captured> {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureWriter.class);
    private static final Duration TIDY = Duration.ofMinutes(1);

    private final CaptureFiles files;
    private final BodyText text;
    private final Masked masked;
    private final Counts counts;

    CaptureWriter(CaptureFiles files, BodyText text, Masked masked, Counts counts) {
        this.files = files;
        this.text = text;
        this.masked = masked;
        this.counts = counts;
    }

    @Override
    public void write(List<Captured> batch) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        int made = 0;
        for (Captured captured : batch) {
            byte[] line = line(captured);
            if (line != null) {
                lines.writeBytes(line);
                made++;
            }
        }
        write(lines.toByteArray(), made);
        counts.dropped.add(batch.size() - made);
    }

    @Override
    public void lost(List<Captured> batch) {
        counts.dropped.add(batch.size());
        batch.forEach(captured -> captured.recorded().discard());
    }

    private void write(byte[] lines, int made) {
        if (made == 0) {
            return;
        }
        try {
            files.append(lines);
            counts.written.add(made);
            if (counts.failing(null) != null) {
                LOG.info("capture: records are written again");
            }
        } catch (IOException e) {
            counts.dropped.add(made);
            String why = e.getClass().getSimpleName() + ": " + e.getMessage();
            if (counts.failing(why) == null) {
                LOG.warn("capture: records cannot be written and are dropped: {}", why);
            }
        }
    }

    private byte @Nullable [] line(Captured captured) {
        Recorded recorded = captured.recorded();
        try {
            Json.Obj line = captured.facts();
            Json.Obj request = new Json.Obj().put("method", recorded.method()).put("path", recorded.path());
            text.of(recorded.request()).members().forEach(request::put);
            line.put("request", request).put("response", text.of(recorded.answer()));
            return (masked.in(line.text()) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (RuntimeException e) {
            LOG.warn("capture: a record cannot be written", e);
            return null;
        } finally {
            recorded.discard();
        }
    }

    @Override
    public Duration tend() {
        files.tidy();
        return TIDY;
    }

    @Override
    public void close(List<Captured> left) {
        counts.dropped.add(left.size());
        left.forEach(captured -> captured.recorded().discard());
        try {
            files.close();
        } catch (IOException e) {
            LOG.warn("capture: the file cannot be closed: {}", e.getMessage());
        }
    }
}
