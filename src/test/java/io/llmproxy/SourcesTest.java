package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.ApiFamily;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.testing.Documents;
import io.llmproxy.testing.JavaSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules about texts: {@link ArchitectureTest} sees compiled classes, which do not tell where a literal is used. */
final class SourcesTest {
    /** The room that reads paths, and the one for files of other gateways, which have base URLs of their own. */
    private static final List<Path> READERS = List.of(room("protocol"), room("config", "foreign"));

    private static final Pattern COMPARISON = Pattern.compile(
            "\\.(?:contains|startsWith|endsWith|indexOf|lastIndexOf|equals|equalsIgnoreCase|split|matches|regionMatches)\\(([^;{}]*)");
    private static final Pattern COMPARED = Pattern.compile("(\"[^\"\n]*\")\\s*\\.equals");
    private static final Pattern CONSTANT = Pattern.compile("String ([A-Z][A-Z0-9_]*) =\\s*(\"[^\"\n]*\")");

    /** What paths of the APIs are made of. */
    private static final Set<String> SEGMENTS = Stream.concat(
                    Stream.of("openai", "publishers", "projects", "locations", "tunedModels", "endpoints", "v1"),
                    Arrays.stream(Endpoint.values())
                            .filter(endpoint -> endpoint.isKnown() && endpoint.family() != ApiFamily.UNKNOWN)
                            .flatMap(endpoint -> Arrays.stream(endpoint.label().split("[/:]", -1))))
            .filter(segment -> !segment.isEmpty() && !segment.startsWith("{"))
            .collect(Collectors.toUnmodifiableSet());

    private static final Pattern RIDDLE = Pattern.compile(
            "\\b(?:whom|whoever|nobody|of\\s+which|less\\s+what|found\\s+well)\\b", Pattern.CASE_INSENSITIVE);
    private static final String SAY_IT_PLAINLY =
            "a sentence is understood at the first reading: begin with the subject, and use the words of the glossary";

    private static Path room(String... names) {
        return Path.of("src", "main", "java", "io", "llmproxy").resolve(Path.of("", names));
    }

    /** The argument of a call, up to the parenthesis that closes it. */
    private static String argument(MatchResult call) {
        String rest = call.group(1);
        int depth = 0;
        for (int at = 0; at < rest.length(); at++) {
            depth += rest.charAt(at) == '(' ? 1 : 0;
            depth -= rest.charAt(at) == ')' ? 1 : 0;
            if (depth < 0) {
                return rest.substring(0, at);
            }
        }
        return rest;
    }

    private static boolean isOfPath(String literal) {
        return literal.startsWith("\"/")
                && Arrays.stream(literal.substring(1, literal.length() - 1).split("[/:]", -1))
                        .anyMatch(SEGMENTS::contains);
    }

    /** The parts of the APIs' paths that a source compares something with. */
    private static List<String> comparedPaths(JavaSource source) {
        String code = CONSTANT.matcher(source.code())
                .results()
                .reduce(
                        source.code(),
                        (text, constant) -> text.replaceAll(
                                "\\b" + constant.group(1) + "\\b", Matcher.quoteReplacement(constant.group(2))),
                        (one, other) -> other);
        Stream<String> arguments = COMPARISON.matcher(code).results().map(SourcesTest::argument);
        Stream<String> receivers = COMPARED.matcher(code).results().map(call -> call.group(1));
        return Stream.concat(arguments, receivers)
                .flatMap(text -> JavaSource.literals(text).stream())
                .filter(SourcesTest::isOfPath)
                .map(literal -> source.file() + ": " + literal)
                .toList();
    }

    private static boolean isForUsers(Path document) {
        return document.startsWith("docs") || document.endsWith("README.md") || document.endsWith("CHANGELOG.md");
    }

    private static List<String> riddles(Path file, String text) {
        return RIDDLE.matcher(text)
                .results()
                .map(found -> file + ": " + found.group())
                .toList();
    }

    @Test
    void messagesAreWrittenInPlainWords() throws IOException {
        assertThat(JavaSource.all().stream()
                        .flatMap(source -> JavaSource.literals(source.code()).stream()
                                .flatMap(literal -> riddles(source.file(), literal).stream())))
                .as(SAY_IT_PLAINLY)
                .isEmpty();
    }

    @Test
    void documentsAreWrittenInPlainWords() throws IOException {
        assertThat(Documents.all().stream()
                        .filter(SourcesTest::isForUsers)
                        .flatMap(document -> riddles(document, Documents.text(document)).stream()))
                .as(SAY_IT_PLAINLY)
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Whoever asks waits.",
                "the client for whom it is",
                "nobody is told",
                "keys of\nwhich one is known",
                "the list, less what is hidden",
                "an upstream that was found well"
            })
    void aRiddleIsFound(String text) {
        assertThat(riddles(Path.of("a.md"), text)).hasSize(1);
    }

    @Test
    void pathsAreReadOnce() throws IOException {
        Predicate<JavaSource> reads = source -> READERS.stream().anyMatch(source.file()::startsWith);

        assertThat(JavaSource.all().stream().filter(reads.negate()).map(SourcesTest::comparedPaths))
                .as("what a path says is found once: ask the Exchange or the Upstream,"
                        + " or add a fact to Endpoint, ApiPath or ApiBase")
                .allSatisfy(found -> assertThat(found).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "path.endsWith(\"/models/\" + model)",
                "(url.getPath() + \"/\").contains(\"/openai/\")",
                "path.toLowerCase().startsWith(prefix(base) + \"/v1\")",
                "String AZURE = \"/openai/deployments/\"; int at = path.indexOf(AZURE);",
                "\"/v1/messages\".equals(path)",
            })
    void aPathThatIsReadAgainIsFound(String code) {
        assertThat(comparedPaths(JavaSource.of(Path.of("A.java"), code))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "// path.endsWith(\"/models/\")",
                "/* path.endsWith(\"/models/\") */",
                "return chat ? \"/v1/chat/completions\" : \"/v1/responses\";",
                "type.startsWith(\"audio/\")",
                "\"/session\".equals(path)",
                "a(path.contains(\"x\"), \"/v1/models\")",
            })
    void whatReadsNoPathIsNotFound(String code) {
        assertThat(comparedPaths(JavaSource.of(Path.of("A.java"), code))).isEmpty();
    }
}
