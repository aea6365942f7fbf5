package io.llmproxy.config.document;

import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Parses YAML into a tree, straight from the parser's events: nothing is constructed, and since an alias shares its
 * anchor's tree, nothing multiplies.
 */
public final class YamlParser {
    public static final int MAX_LENGTH = 3 * 1024 * 1024;
    private static final int MEBIBYTE = 1024 * 1024;
    private static final String CONFIGURATION = "http_server, upstreams, upstream_groups";
    private static final int MAX_DEPTH = 50;
    private static final int MAX_ALIASES = 50;
    private static final String MERGE = "<<";

    private final String text;
    private final String source;
    private final Problems problems;
    private final String expected;
    private final Parser parser;
    private final Map<String, YamlTree> anchors = new HashMap<>();
    private int aliases;

    private YamlParser(String text, String source, Problems problems, String expected) {
        this.expected = expected;
        this.text = text;
        this.source = source;
        this.problems = problems;
        this.parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
    }

    /** Parses a configuration. Reports what it can go on after, and throws {@link ConfigException} otherwise. */
    public static Mapping parse(String text, String source, Problems problems) {
        return parse(text, source, problems, MAX_LENGTH, CONFIGURATION);
    }

    /**
     * Parses a text.
     *
     * @param longest the most characters
     * @param expected what the document is to have, for messages
     */
    public static Mapping parse(String text, String source, Problems problems, int longest, String expected) {
        if (text.length() > longest) {
            String most = longest / MEBIBYTE + " MiB";
            throw problems.fatal(new Origin(source, 0), "", "too long (expected: at most " + most + ")");
        }
        return new YamlParser(text, source, problems, expected).document();
    }

    private Mapping document() {
        try {
            parser.getEvent();
            if (parser.checkEvent(Event.ID.StreamEnd)) {
                throw empty();
            }
            parser.getEvent();
            Event first = parser.peekEvent();
            YamlTree root = node("", origin(first), 0);
            parser.getEvent();
            if (!parser.checkEvent(Event.ID.StreamEnd)) {
                throw fatal(parser.peekEvent(), "", "a second document (expected: one)");
            }
            if (root.isAbsent()) {
                throw empty();
            }
            if (root instanceof Mapping mapping) {
                return mapping;
            }
            throw fatal(first, "", root.kind() + " (expected: a section with " + expected + ")");
        } catch (YAMLException e) {
            throw problems.fatal(new Origin(source, line(e)), "", "not YAML: " + reason(e));
        }
    }

    private YamlTree node(String path, Origin origin, int depth) {
        Event event = parser.getEvent();
        if (depth > MAX_DEPTH) {
            throw fatal(event, "", "nested too deeply (expected: at most " + MAX_DEPTH + " levels)");
        }
        if (event instanceof AliasEvent alias) {
            return aliased(alias).at(origin);
        }
        if (event instanceof ScalarEvent scalar) {
            refuseTag(scalar.getTag(), event, path);
            return anchored(scalar.getAnchor(), scalar(scalar, origin));
        }
        CollectionStartEvent start = (CollectionStartEvent) event;
        refuseTag(start.getTag(), event, path);
        return anchored(
                start.getAnchor(),
                start instanceof MappingStartEvent ? mapping(path, origin, depth) : sequence(path, origin, depth));
    }

    private static Scalar scalar(ScalarEvent event, Origin origin) {
        boolean plain = event.getScalarStyle() == ScalarStyle.PLAIN;
        return new Scalar(origin, event.getValue(), plain ? Scalar.Style.PLAIN : Scalar.Style.QUOTED);
    }

    private Sequence sequence(String path, Origin origin, int depth) {
        List<YamlTree> items = new ArrayList<>();
        while (!parser.checkEvent(Event.ID.SequenceEnd)) {
            items.add(node(YamlPath.item(path, items.size()), origin(parser.peekEvent()), depth + 1));
        }
        parser.getEvent();
        return new Sequence(origin, items);
    }

    private Mapping mapping(String path, Origin origin, int depth) {
        Map<String, YamlTree> entries = new LinkedHashMap<>();
        List<YamlTree> merged = new ArrayList<>();
        while (!parser.checkEvent(Event.ID.MappingEnd)) {
            if (!(parser.getEvent() instanceof ScalarEvent key)) {
                throw fatal(parser.peekEvent(), path, "the key is not a string (expected: a name)");
            }
            String at = YamlPath.key(path, key.getValue());
            YamlTree value = node(at, origin(key), depth + 1);
            if (key.getValue().equals(MERGE) && key.isPlain()) {
                merged.addAll(value instanceof Sequence several ? several.items() : List.of(value));
                continue;
            }
            YamlTree earlier = entries.putIfAbsent(key.getValue(), value);
            if (earlier != null) {
                String message =
                        "duplicate key (first in line " + earlier.origin().line() + ")";
                problems.error(value.origin(), at, message);
            }
        }
        parser.getEvent();
        merged.forEach(defaults -> merge(defaults, entries, path));
        return new Mapping(origin, entries);
    }

    private void merge(YamlTree defaults, Map<String, YamlTree> entries, String path) {
        if (defaults instanceof Mapping mapping) {
            mapping.entries().forEach(entries::putIfAbsent);
        } else {
            problems.error(
                    defaults.origin(), path, "`<<` with " + defaults.kind() + " (expected: `<<` with a section)");
        }
    }

    private YamlTree aliased(AliasEvent alias) {
        YamlTree tree = anchors.get(alias.getAnchor());
        if (tree == null) {
            throw fatal(alias, "", "`*` without its anchor (expected: `&` with the same name further up)");
        }
        if (!(tree instanceof Scalar) && ++aliases > MAX_ALIASES) {
            throw fatal(alias, "", "too many aliases (expected: at most " + MAX_ALIASES + ")");
        }
        return tree;
    }

    private YamlTree anchored(@Nullable String anchor, YamlTree tree) {
        if (anchor != null) {
            anchors.put(anchor, tree);
        }
        return tree;
    }

    /** The tag is not shown: it may be a password that begins with an exclamation mark. */
    private void refuseTag(@Nullable String tag, Event event, String path) {
        if (tag != null) {
            problems.error(origin(event), path, "a tag (expected: none; a text that begins with `!` needs quotes)");
        }
    }

    private ConfigException empty() {
        return problems.fatal(new Origin(source, 1), "", "empty (expected: " + expected + ")");
    }

    private ConfigException fatal(Event event, String path, String message) {
        return problems.fatal(origin(event), path, message);
    }

    private Origin origin(Event event) {
        return new Origin(source, event.getStartMark().getLine() + 1);
    }

    private int line(YAMLException e) {
        if (e instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            return marked.getProblemMark().getLine() + 1;
        }
        if (e instanceof ReaderException unreadable) {
            int position = text.indexOf(unreadable.getCodePoint());
            return 1
                    + (int) text.chars()
                            .limit(Math.max(0, position))
                            .filter(c -> c == '\n')
                            .count();
        }
        return 0;
    }

    /** Never the snippet that the library offers: the line may hold a secret. */
    private static String reason(YAMLException e) {
        if (e instanceof ReaderException) {
            return "a control character";
        }
        String problem = e instanceof MarkedYAMLException marked ? marked.getProblem() : null;
        return problem == null || problem.contains("tag") ? "a tag or directive that is not allowed" : problem;
    }
}
