package io.llmproxy.convert;

import io.llmproxy.convert.json.Json;
import java.util.Iterator;
import java.util.Map;

/** Writes JSON for people: what is short stays on its line. */
final class PrettyJson {
    private static final int WIDTH = 140;

    private PrettyJson() {}

    static String of(Json json) {
        StringBuilder text = new StringBuilder();
        write(json, "", text);
        return text.append('\n').toString();
    }

    private static void write(Json json, String indent, StringBuilder text) {
        String line = json.text();
        String deeper = indent + "  ";
        if (line.length() + indent.length() <= WIDTH && !indent.isEmpty()) {
            text.append(line);
        } else if (json instanceof Json.Obj object) {
            text.append("{\n");
            Iterator<Map.Entry<String, Json>> members =
                    object.members().entrySet().iterator();
            while (members.hasNext()) {
                Map.Entry<String, Json> member = members.next();
                text.append(deeper).append(new Json.Str(member.getKey()).text()).append(": ");
                write(member.getValue(), deeper, text);
                text.append(members.hasNext() ? ",\n" : "\n");
            }
            text.append(indent).append('}');
        } else if (json instanceof Json.Arr array) {
            text.append("[\n");
            for (int index = 0; index < array.items().size(); index++) {
                text.append(deeper);
                write(array.items().get(index), deeper, text);
                text.append(index + 1 < array.items().size() ? ",\n" : "\n");
            }
            text.append(indent).append(']');
        } else {
            text.append(line);
        }
    }
}
