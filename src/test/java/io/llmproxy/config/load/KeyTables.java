package io.llmproxy.config.load;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Section;
import io.llmproxy.config.document.YamlPath;
import java.nio.file.Path;
import java.util.List;

/** Renders the tables of keys in the documentation off the records, one table a section. */
final class KeyTables {
    private static final String HEAD = "| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n";

    private final StringBuilder markdown = new StringBuilder();

    private KeyTables() {}

    static String render() {
        KeyTables tables = new KeyTables();
        List<Key> top = Section.of(ProxyConfig.class).keys();
        top.stream().filter(Key::isSection).forEach(key -> tables.table(key, ""));
        tables.markdown.append("### At the top\n\n").append(HEAD);
        top.stream().filter(key -> !key.isSection()).forEach(tables::row);
        tables.markdown.append('\n');
        return tables.markdown.toString();
    }

    private void table(Key holder, String parent) {
        Section section = holder.section();
        String path = YamlPath.key(parent, holder.name()) + (holder.isList() ? "[]" : "");
        markdown.append("### `")
                .append(path)
                .append("`\n\n")
                .append(holder.setting().value());
        markdown.append("\n\n").append(HEAD);
        if (section.isSwitchable()) {
            row(Section.SWITCH);
        }
        section.keys().forEach(this::row);
        markdown.append('\n');
        if (!section.obsolete().isEmpty()) {
            markdown.append("Accepted with a warning, without effect: `")
                    .append(String.join("`, `", section.obsolete()))
                    .append("`.\n\n");
        }
        section.keys().stream().filter(Key::isSection).forEach(key -> table(key, path));
    }

    private void row(Key key) {
        String spelling = "`" + String.join("`, also `", key.spellings()) + "`";
        String cells = String.join(
                " | ", spelling, value(key), byDefault(key), key.setting().value());
        markdown.append("| ").append(cells).append(" |\n");
    }

    private static String value(Key key) {
        if (key.isModels()) {
            return "section of names, or list of them";
        }
        if (key.isList()) {
            return key.isSection()
                    ? "list of sections"
                    : "list, each " + ValueType.of(key, Path.of("")).expectation();
        }
        return key.isSection() ? "section" : ValueType.of(key, Path.of("")).expectation();
    }

    private static String byDefault(Key key) {
        if (key.setting().required()) {
            return "**required**";
        }
        if (key.isList() || key.isModels()) {
            return "empty";
        }
        if (key.isSection()) {
            return key.section().isSwitchable() ? "off" : "its defaults";
        }
        return key.setting().byDefault().isEmpty() ? "–" : "`" + key.setting().byDefault() + "`";
    }
}
