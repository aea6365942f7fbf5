package io.llmproxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.CaptureConfig;
import io.llmproxy.convert.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureWriterTest {
    private final Memory memory = new Memory(1 << 20);
    private final Counts counts = new Counts();
    private final AtomicLong clock = new AtomicLong(System.currentTimeMillis());

    @TempDir
    Path temporary;

    @Test
    void aRecordIsOneLineThatOnlyThisUserReads() throws IOException {
        CaptureWriter writer = writer(1 << 20, 1 << 20, "sk-secret-1");

        writer.write(List.of(captured("{\"key\":\"sk-secret-1\"}")));
        writer.close(List.of());

        Path file = files().get(0);
        assertThat(Files.readString(file))
                .isEqualTo("{\"t\":\"x\",\"request\":{\"method\":\"POST\",\"path\":\"/v1\",\"bytes\":21,"
                        + "\"body\":{\"key\":\"***\"}},\"response\":{\"bytes\":0}}\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
                .isEqualTo("rwx------");
        assertThat(counts.status(memory.taken())).isEqualTo(new CaptureStatus(1, 0, 0, null));
    }

    @Test
    void aFullFileIsFollowedByAnother() {
        CaptureWriter writer = writer(10, 1 << 20);

        writer.write(List.of(captured("a")));
        writer.write(List.of(captured("b")));
        clock.addAndGet(2000);
        writer.write(List.of(captured("c")));
        writer.close(List.of());

        assertThat(files()).hasSize(3);
    }

    @Test
    void aFileThatWasTakenAwayIsFollowedByAnother() throws IOException {
        CaptureWriter writer = writer(1 << 20, 1 << 20);
        writer.write(List.of(captured("a")));
        Files.delete(files().get(0));

        writer.write(List.of(captured("b")));

        assertThat(Files.readString(files().get(0))).contains("\"b\"");
    }

    @Test
    void oldFilesAndTheOldestOfTooManyAreDeleted() throws IOException {
        Path old = file("capture-20200101T000000-0000.jsonl", 10, Duration.ofHours(3));
        Path large = file("capture-20200101T000001-0000.jsonl", 3000, Duration.ZERO);
        Path kept = file("capture-20200101T000002-0000.jsonl", 100, Duration.ZERO);
        Path foreign = file("notes.jsonl", 10, Duration.ofHours(3));
        CaptureWriter writer = writer(1 << 20, 2048);

        writer.write(List.of(captured("a")));

        assertThat(old).doesNotExist();
        assertThat(large).doesNotExist();
        assertThat(kept).exists();
        assertThat(foreign).exists();
    }

    @Test
    void oldFilesAreLookedForNowAndThen() throws IOException {
        CaptureWriter writer = writer(1 << 20, 1 << 20);
        Files.createDirectories(directory());
        writer.tend();
        Path old = file("capture-20200101T000000-0000.jsonl", 10, Duration.ofHours(3));

        writer.tend();
        assertThat(old).exists();
        clock.addAndGet(Duration.ofMinutes(2).toMillis());
        writer.tend();

        assertThat(old).doesNotExist();
    }

    @Test
    void whatCannotBeWrittenIsCountedUntilItCan() throws IOException {
        Files.writeString(directory(), "a file in the way");
        CaptureWriter writer = writer(1 << 20, 1 << 20);

        writer.tend();
        writer.write(List.of(captured("a"), captured("b")));
        writer.write(List.of(captured("c")));

        CaptureStatus failing = counts.status(memory.taken());
        assertThat(failing.dropped()).isEqualTo(3);
        assertThat(failing.error()).contains("FileAlreadyExists");
        assertThat(failing.memory()).isZero();

        Files.delete(directory());
        writer.write(List.of(captured("d")));
        writer.close(List.of(captured("e")));

        assertThat(counts.status(memory.taken())).isEqualTo(new CaptureStatus(1, 4, 0, null));
    }

    @Test
    void whatIsRecordedAfterTheEndIsNotKept() {
        Recorded recorded =
                new Recorded(new Headers(List.of()), memory, 100, (one, attempt) -> {}, (one, exchange) -> {});
        recorded.request(ByteBuffer.wrap(new byte[10]));
        recorded.discard();

        recorded.answer(ByteBuffer.wrap(new byte[10]));

        assertThat(memory.taken()).isZero();
    }

    private Path directory() {
        return temporary.resolve("capture");
    }

    private CaptureWriter writer(long rotate, long retain, String... secrets) {
        CaptureConfig config = new CaptureConfig(
                directory(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false,
                1,
                null,
                1024,
                List.of(),
                List.of(),
                rotate,
                Duration.ofHours(1),
                retain);
        return new CaptureWriter(
                new CaptureFiles(config, clock::get),
                new BodyText(new Redaction(List.of()), 1024, 1024),
                new Masked(List.of(secrets)),
                counts);
    }

    private Captured captured(String body) {
        Recorded recorded =
                new Recorded(new Headers(List.of()), memory, 1024, (one, attempt) -> {}, (one, exchange) -> {});
        recorded.request("POST", "/v1", name -> null);
        recorded.request(ByteBuffer.wrap(body.getBytes(UTF_8)));
        recorded.answer(200, name -> null);
        recorded.close();
        return new Captured(new Json.Obj().put("t", "x"), recorded);
    }

    private Path file(String name, int size, Duration age) throws IOException {
        Path file = Files.write(Files.createDirectories(directory()).resolve(name), new byte[size]);
        return Files.setLastModifiedTime(file, FileTime.fromMillis(clock.get() - age.toMillis()));
    }

    private List<Path> files() {
        try (Stream<Path> all = Files.list(directory())) {
            return all.sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
