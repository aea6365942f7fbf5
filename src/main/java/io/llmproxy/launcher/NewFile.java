package io.llmproxy.launcher;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A file that a command makes: it holds secrets, so that only its owner can read it. */
final class NewFile {
    private NewFile() {}

    /** @throws ConfigException if it is there already or cannot be written */
    static void write(Path file, String text) {
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, text);
        } catch (FileAlreadyExistsException e) {
            throw problem(file, "it exists already (expected: the name of a new file)");
        } catch (IOException e) {
            throw problem(file, "cannot be written: " + e.getMessage());
        }
    }

    private static ConfigException problem(Path file, String message) {
        return new ConfigException(List.of(new Problem(file.toString(), 0, "", message)));
    }
}
