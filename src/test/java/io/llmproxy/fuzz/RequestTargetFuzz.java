package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.config.UpstreamConfig.UrlMode;
import io.llmproxy.protocol.ModelPath;
import io.llmproxy.proxy.request.RequestTargets;
import io.llmproxy.upstream.BaseUrls;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever path is let through, what the upstream is asked for stays below its URL. */
final class RequestTargetFuzz {
    private static final List<String> URLS =
            List.of("http://h", "http://h/", "http://h/v1", "http://h/v1/", "http://h/a/v1?key=k", "http://h/v1/chat");

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "/v1/chat/completions",
                        "/v1/models/g:streamGenerateContent?alt=sse",
                        "//evil/v1",
                        "/v1/../admin",
                        "/v1/%2e%2e/admin",
                        "/v1/%2E./admin",
                        "/v1/..;a=b/admin",
                        "/v1/%252e%252e/admin",
                        "/v1/%5c..%5cadmin",
                        "/v1/a%2fb",
                        "/v1/models/org%2Fname",
                        "/v1beta/models/a%2fb:generateContent",
                        "/v1/\\..\\admin",
                        "/v1/a b",
                        "/v1/a\r\nHost: b?c\r\nd",
                        "/v1/%",
                        "/v1/...",
                        "v1")
                .map(seed -> seed.getBytes(StandardCharsets.ISO_8859_1));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void staysBelowTheUrl(byte[] data) {
        String text = new String(data, StandardCharsets.ISO_8859_1);
        int mark = text.indexOf('?');
        String query = mark < 0 ? null : text.substring(mark + 1);
        String path = RequestTargets.accepted(mark < 0 ? text : text.substring(0, mark), query);
        if (path == null) {
            return;
        }
        for (String url : URLS) {
            String target = BaseUrls.target(url, UrlMode.JOIN, path, query);
            assertThat(target).matches("/[!-~]*").doesNotStartWith("//");
            String targetPath = target.contains("?") ? target.substring(0, target.indexOf('?')) : target;
            assertThat(targetPath).startsWith(withoutSlashAtEnd(URI.create(url).getRawPath()));
            assertThat(Stream.of(targetPath.split("/", -1))
                            .map(RequestTargetFuzz::meaning)
                            .flatMap(segment -> Stream.of(segment.split("/", -1))))
                    .as(targetPath)
                    .doesNotContain(".", "..")
                    .noneMatch(segment -> segment.contains("\\") || segment.contains("\n"));
            assertThat(Stream.of(path.split("/", -1)).map(RequestTargetFuzz::meaning))
                    .as(path)
                    .allMatch(segment -> !segment.contains("/") || namesModel(path));
            assertThat(BaseUrls.target(url, UrlMode.EXACT, path, query))
                    .isEqualTo(BaseUrls.target(url, UrlMode.EXACT, "/", null));
        }
    }

    private static boolean namesModel(String path) {
        String model = ModelPath.model(RequestTargets.meaning(path));
        return model != null && model.contains("/");
    }

    private static String withoutSlashAtEnd(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** The segment without its parameters and escapes, however often it was escaped. */
    private static String meaning(String segment) {
        String last = segment.contains(";") ? segment.substring(0, segment.indexOf(';')) : segment;
        String next = decoded(last);
        while (!next.equals(last)) {
            last = next;
            next = decoded(last);
        }
        return next;
    }

    private static String decoded(String segment) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < segment.length(); i++) {
            if (segment.substring(i).matches("(?s)%[0-9a-fA-F]{2}.*")) {
                decoded.append((char) Integer.parseInt(segment.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                decoded.append(segment.charAt(i));
            }
        }
        return decoded.toString();
    }
}
