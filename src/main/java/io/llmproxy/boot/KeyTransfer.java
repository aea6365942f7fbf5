package io.llmproxy.boot;

import io.llmproxy.admin.api.KeyLines;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.store.ClientKeyStore;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.KeyImport;
import io.llmproxy.store.NewKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Carries client keys between a store and a file with a line of JSON for each: digests, never the keys themselves. */
public final class KeyTransfer {
    private static final int PAGE = 1000;

    private final ClientKeyStore store;

    public KeyTransfer(ClientKeyStore store) {
        this.store = store;
    }

    /**
     * Stores all keys of a file, or none.
     *
     * @param by who does
     * @param dry whether everything is done but the change
     * @throws ConfigException with each problem if a line is not a key
     * @throws KeyConflictException if the name or value of a key is taken
     */
    public KeyImport.Result read(Path file, String by, boolean dry) throws KeyConflictException {
        KeyLines.Read read = KeyLines.read(lines(file));
        if (!read.problems().isEmpty()) {
            throw new ConfigException(read.problems().stream()
                    .map(problem -> new Problem(file.toString(), problem.line(), problem.path(), problem.message()))
                    .toList());
        }
        List<NewKey> keys = read.keys().stream()
                .map(line -> new NewKey(line.config(), line.hint(), line.forwards()))
                .toList();
        return store.store(keys, dry, AuditNote.plain(by, "command", "key.import"));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw unreadable(file, "no such file (expected: a file that exists)");
        } catch (IOException e) {
            throw unreadable(file, "unreadable: " + e.getMessage());
        }
    }

    private static ConfigException unreadable(Path file, String why) {
        return new ConfigException(List.of(new Problem(file.toString(), 0, "", why)));
    }

    /** Writes all keys, by name. */
    public void write(Consumer<String> lines) {
        List<IssuedKey> page = store.page("", null, null, PAGE);
        while (!page.isEmpty()) {
            page.forEach(key -> lines.accept(KeyLines.write(key)));
            page = store.page("", null, page.get(page.size() - 1).config().name(), PAGE);
        }
    }
}
