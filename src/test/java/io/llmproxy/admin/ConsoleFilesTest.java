package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleFilesTest {
    private static final Path SOURCE = Path.of("src/main/resources/io/llmproxy/admin/ui");
    private static final Pattern TEXT = Pattern.compile("\"([^\"]+)\": \"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\w+}");
    private static final Pattern USE = Pattern.compile("\\bt\\((?:\\w+ \\? )?\"([^\"]+)\"(?: : \"([^\"]+)\")?");

    private final ConsoleFiles files = ConsoleFiles.load();

    private static String source(String name) throws IOException {
        return Files.readString(SOURCE.resolve(name));
    }

    private static List<String> ownFiles() throws IOException {
        try (Stream<Path> all = Files.walk(SOURCE)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> SOURCE.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theListNamesEachFile() throws IOException {
        Set<String> named = new TreeSet<>(ConsoleFiles.names());
        named.removeIf(name -> name.startsWith("lib/"));

        Set<String> there = new TreeSet<>(ownFiles());
        there.removeAll(Set.of("index.html", "files.txt"));

        assertThat(named).isEqualTo(there);
    }

    @Test
    void allFilesTogetherAreSmall() {
        assertThat(sum(content -> content.plain().length)).as("bytes").isLessThan(300 * 1024);
        assertThat(sum(content -> content.gzip().length)).as("compressed bytes").isLessThan(110 * 1024);
    }

    @Test
    void whatOnlyItsAuthorsNeedIsNotSent() {
        for (String name : ConsoleFiles.names()) {
            ConsoleFiles.Content content = Objects.requireNonNull(files.at(build() + "/" + name), name);
            if (!name.startsWith("lib/") && !name.endsWith(".svg")) {
                assertThat(new String(content.plain(), StandardCharsets.UTF_8).lines())
                        .as(name)
                        .isNotEmpty()
                        .allMatch(line -> !line.isBlank() && line.equals(line.strip()))
                        .noneMatch(line -> line.startsWith("//") || line.startsWith("/*") || line.startsWith("* "));
            }
        }
    }

    private int sum(ToIntFunction<ConsoleFiles.Content> size) {
        return size.applyAsInt(files.page())
                + ConsoleFiles.names().stream()
                        .map(name -> files.at(build() + "/" + name))
                        .mapToInt(size)
                        .sum();
    }

    private String build() {
        Matcher style = Pattern.compile("href=\"\\./([0-9a-f]+)/base\\.css\"").matcher(page());
        assertThat(style.find()).isTrue();
        return style.group(1);
    }

    private String page() {
        return new String(files.page().plain(), StandardCharsets.UTF_8);
    }

    @Test
    void onlyTheImportMapMayBeInline() throws Exception {
        Matcher map =
                Pattern.compile("<script type=\"importmap\">(.*)</script>").matcher(page());
        assertThat(map.find()).isTrue();
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(map.group(1).getBytes(StandardCharsets.UTF_8));

        assertThat(files.policy())
                .isEqualTo(
                        "default-src 'none'; script-src 'self' 'sha256-"
                                + Base64.getEncoder().encodeToString(hash)
                                + "'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self';"
                                + " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
        assertThat(page()).doesNotContain("style=\"").doesNotContain(" on").doesNotContain("@build@");
    }

    @Test
    void noAddressBeginsWithASlashOrNamesAHost() throws IOException {
        for (String name : ownFiles()) {
            assertThat(source(name))
                    .as(name)
                    .doesNotContain("href=\"/")
                    .doesNotContain("src=\"/")
                    .doesNotContain("from \"/")
                    .doesNotContain("url(")
                    .doesNotContainPattern("https?://(?!www\\.w3\\.org/2000/svg)");
        }
    }

    @Test
    void anotherBuildIsNotServed() {
        assertThat(files.at(build() + "/main.js")).isNotNull();
        assertThat(files.at("0123456789ab/main.js")).isNull();
        assertThat(files.at(build() + "/../index.html")).isNull();
        assertThat(files.at("main.js")).isNull();
    }

    @Test
    void modulesAreShort() throws IOException {
        for (String name : ownFiles()) {
            assertThat(source(name).lines().count()).as(name).isLessThanOrEqualTo(300);
        }
    }

    private static Map<String, String> texts(String language) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        Matcher text = TEXT.matcher(source("i18n/" + language + ".js"));
        while (text.find()) {
            assertThat(texts.put(text.group(1), text.group(2)))
                    .as(text.group(1))
                    .isNull();
        }
        return texts;
    }

    @Test
    void bothLanguagesHaveTheSameTexts() throws IOException {
        Map<String, String> english = texts("en");
        Map<String, String> chinese = texts("zh");

        assertThat(chinese.keySet()).isEqualTo(english.keySet());
        english.forEach((key, text) ->
                assertThat(placeholders(chinese.getOrDefault(key, ""))).as(key).isEqualTo(placeholders(text)));
    }

    private static Set<String> placeholders(String text) {
        return PLACEHOLDER.matcher(text).results().map(found -> found.group()).collect(Collectors.toSet());
    }

    @Test
    void eachTextThatIsShownIsThere() throws IOException {
        Map<String, String> english = texts("en");
        for (String name : ownFiles()) {
            if (name.endsWith(".js") && !name.startsWith("i18n/")) {
                Matcher use = USE.matcher(source(name));
                while (use.find()) {
                    assertThat(english).as(name).containsKey(use.group(1));
                    if (use.group(2) != null) {
                        assertThat(english).as(name).containsKey(use.group(2));
                    }
                }
            }
        }
    }

    private static Map<String, List<String>> colours() throws IOException {
        Map<String, List<String>> colours = new TreeMap<>();
        Matcher colour = Pattern.compile("--([\\w-]+): light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);")
                .matcher(source("base.css"));
        while (colour.find()) {
            colours.put(colour.group(1), List.of(colour.group(2), colour.group(3)));
        }
        colours.put("accent-ink", List.of("#ffffff", "#ffffff"));
        return colours;
    }

    /** How bright a colour is, after WCAG. */
    private static double luminance(String colour) {
        double[] weights = {0.2126, 0.7152, 0.0722};
        double sum = 0;
        for (int part = 0; part < 3; part++) {
            double value = Integer.parseInt(colour.substring(1 + 2 * part, 3 + 2 * part), 16) / 255.0;
            sum += weights[part] * (value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    private static double contrast(String one, String other) {
        double first = luminance(one) + 0.05;
        double second = luminance(other) + 0.05;
        return Math.max(first, second) / Math.min(first, second);
    }

    @ParameterizedTest
    @CsvSource({
        "ink, bg",
        "ink-soft, bg",
        "ink-faint, bg",
        "ink-faint, surface",
        "ink-faint, sunken",
        "ink-faint, hover",
        "ink-faint, warn-soft",
        "ink-soft, off-soft",
        "accent-ink, accent",
        "accent-text, accent-soft",
        "accent-text, surface",
        "accent-text, bg",
        "ok, ok-soft",
        "warn, warn-soft",
        "bad, bad-soft",
        "ok, surface",
        "warn, surface",
        "bad, surface",
        "off, surface",
        "ok, hover",
        "warn, hover",
        "bad, hover"
    })
    void textStandsOutInBothThemes(String text, String ground) throws IOException {
        Map<String, List<String>> colours = colours();
        for (int theme = 0; theme < 2; theme++) {
            String one = Objects.requireNonNull(colours.get(text), text).get(theme);
            String other = Objects.requireNonNull(colours.get(ground), ground).get(theme);
            assertThat(contrast(one, other)).as(text + " on " + ground).isGreaterThanOrEqualTo(4.5);
        }
    }
}
