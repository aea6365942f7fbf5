package io.llmproxy.it.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * One thing that can go wrong.
 *
 * @param id a letter for who misbehaves, and a number
 * @param fault what goes wrong
 * @param behaviour what the gateway has to do then
 */
record FaultRow(String id, String fault, String behaviour) {
    private static final String RESOURCE = "/faults.txt";
    private static final String SEPARATOR = "\\|";

    /** All rows, in the order of the scorecard. */
    static List<FaultRow> all() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(FaultRow.class.getResourceAsStream(RESOURCE), RESOURCE),
                StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(FaultRow::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FaultRow parse(String line) {
        String[] parts = line.split(SEPARATOR, -1);
        if (parts.length != 3) {
            throw new IllegalStateException(RESOURCE + ": not 'row | fault | behaviour': " + line);
        }
        return new FaultRow(parts[0].strip(), parts[1].strip(), parts[2].strip());
    }

    /** Who misbehaves. */
    char family() {
        return id.charAt(0);
    }
}
