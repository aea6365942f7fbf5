package io.llmproxy.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The console's files as browsers are sent them, read and compressed once. All but the page stand below a path that tells what
 * they hold, so that a browser may keep them for ever and still never mixes two versions.
 */
final class ConsoleFiles {
    private static final String FILES = "ui/";
    private static final String PAGE = "index.html";

    /** Names each file: what is in a jar cannot be listed. */
    private static final String LIST = "files.txt";

    /** As they come from their authors. */
    private static final String LIBRARIES = "lib/";

    private static final Pattern COMMENT = Pattern.compile("(?m)^ *(//.*|/\\*[^*]*(?:\\*(?!/)[^*]*)*\\*/)$");

    private static final String MAP_BEGIN = "<script type=\"importmap\">";
    private static final String MAP_END = "</script>";
    private static final int BUILD_DIGITS = 12;

    private final String build;
    private final Content page;
    private final String policy;
    private final Map<String, Content> files;

    /** What is sent: its media type, and its bytes as they are and compressed. Who is given the bytes does not change them. */
    static final class Content {
        private final String type;
        private final byte[] plain;
        private final byte[] gzip;

        private Content(String type, byte[] plain, byte[] gzip) {
            this.type = type;
            this.plain = plain;
            this.gzip = gzip;
        }

        String type() {
            return type;
        }

        byte[] plain() {
            return plain;
        }

        byte[] gzip() {
            return gzip;
        }
    }

    private ConsoleFiles(Map<String, Content> files, String build, String page) {
        this.files = files;
        this.build = build;
        this.page = content(PAGE, page.getBytes(StandardCharsets.UTF_8));
        this.policy = policy(importMap(page));
    }

    /** Reads all files from where the classes are. */
    static ConsoleFiles load() {
        Map<String, Content> files = new TreeMap<>();
        MessageDigest digest = sha256();
        for (String name : names()) {
            byte[] bytes = spare(name, read(name));
            digest.update(bytes);
            files.put(name, content(name, bytes));
        }
        byte[] template = read(PAGE);
        String build = HexFormat.of().formatHex(digest.digest(template)).substring(0, BUILD_DIGITS);
        return new ConsoleFiles(files, build, new String(template, StandardCharsets.UTF_8).replace("@build@", build));
    }

    /** Leaves out what only who writes a file needs: indentation, and comments that have lines of their own. */
    private static byte[] spare(String name, byte[] bytes) {
        if (name.startsWith(LIBRARIES) || !(name.endsWith(".js") || name.endsWith(".css"))) {
            return bytes;
        }
        String spare = COMMENT.matcher(new String(bytes, StandardCharsets.UTF_8))
                .replaceAll("")
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .collect(Collectors.joining("\n", "", "\n"));
        return spare.getBytes(StandardCharsets.UTF_8);
    }

    /** The names of all files but the page. */
    static List<String> names() {
        return new String(read(LIST), StandardCharsets.UTF_8).lines().toList();
    }

    /** The page that browsers open. */
    Content page() {
        return page;
    }

    /** The page's content security policy. Only its import map may be inline. */
    String policy() {
        return policy;
    }

    /** Returns the file at a path such as {@code 0123456789ab/app.css}, or null if there is none. */
    @Nullable Content at(String path) {
        String directory = build + "/";
        return path.startsWith(directory) ? files.get(path.substring(directory.length())) : null;
    }

    private static String importMap(String page) {
        int begin = page.indexOf(MAP_BEGIN) + MAP_BEGIN.length();
        return page.substring(begin, page.indexOf(MAP_END, begin));
    }

    private static String policy(String importMap) {
        byte[] hash = sha256().digest(importMap.getBytes(StandardCharsets.UTF_8));
        return "default-src 'none'; script-src 'self' 'sha256-"
                + Base64.getEncoder().encodeToString(hash)
                + "'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none';"
                + " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    }

    private static Content content(String name, byte[] bytes) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Content(type(name), bytes, compressed.toByteArray());
    }

    private static String type(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "js" -> "text/javascript; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "html" -> "text/html; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalArgumentException("file of the console: " + name);
        };
    }

    private static byte[] read(String name) {
        try (InputStream in = ConsoleFiles.class.getResourceAsStream(FILES + name)) {
            if (in == null) {
                throw new IllegalStateException("file of the console is missing: " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
