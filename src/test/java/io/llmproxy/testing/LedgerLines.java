package io.llmproxy.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * What a gateway has written into its ledger.
 *
 * @param directory of the ledger
 */
public record LedgerLines(Path directory) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** All records of a type, in the order in which they were written. A line that is still being written is left out. */
    public List<JsonNode> all(String type) {
        try (Stream<Path> files = Files.list(directory)) {
            List<JsonNode> found = new ArrayList<>();
            for (Path file : files.filter(LedgerLines::isOurs).sorted().toList()) {
                read(file, type, found);
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOurs(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".jsonl") || name.endsWith(".jsonl.gz");
    }

    private static void read(Path file, String type, List<JsonNode> found) throws IOException {
        boolean packed = file.toString().endsWith(".gz");
        try (InputStream raw = Files.newInputStream(file);
                InputStream plain = packed ? new GZIPInputStream(raw) : raw;
                BufferedReader lines = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("\"t\":\"" + type + '"') && line.endsWith("}")) {
                    found.add(JSON.readTree(line));
                }
            }
        }
    }

    /** Waits until an exchange is recorded, and returns its attempts in order. */
    public List<JsonNode> attempts(String requestId) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() - end < 0) {
            List<JsonNode> exchanges = all("exchange").stream()
                    .filter(line -> line.path("request_id").asText().equals(requestId))
                    .toList();
            if (!exchanges.isEmpty()) {
                String exchange = exchanges.get(0).path("exchange").asText();
                return all("attempt").stream()
                        .filter(line -> line.path("exchange").asText().equals(exchange))
                        .sorted(Comparator.comparingInt(line -> line.path("n").asInt()))
                        .toList();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no exchange " + requestId + " within " + LIMIT);
    }

    /** The sum of a count of usage in all attempts. */
    public long sum(String count) {
        return all("attempt").stream()
                .mapToLong(line -> line.path("usage").path(count).asLong())
                .sum();
    }
}
