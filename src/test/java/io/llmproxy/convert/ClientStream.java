package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import java.nio.charset.StandardCharsets;

/** Reads a stream as strictly as the strictest client does. */
final class ClientStream {
    private ClientStream() {}

    static Json.Arr parse(Dialect dialect, String stream) {
        Json.Arr events = new Json.Arr();
        if (stream.isEmpty()) {
            return events;
        }
        assertThat(stream).endsWith("\n\n").doesNotContain("\n\n\n").doesNotContain("\r");
        boolean named = dialect == Dialect.MESSAGES || dialect == Dialect.RESPONSES;
        for (String block : stream.substring(0, stream.length() - 2).split("\n\n", -1)) {
            String[] lines = block.split("\n", -1);
            assertThat(lines).hasSize(named ? 2 : 1);
            String data = lines[lines.length - 1];
            assertThat(data).startsWith("data: ");
            Json event = data.equals("data: [DONE]")
                    ? new Json.Str("[DONE]")
                    : JsonReader.read(data.substring(6).getBytes(StandardCharsets.UTF_8));
            if (named) {
                assertThat(lines[0]).isEqualTo("event: " + ((Json.Obj) event).string("type"));
            }
            events.add(event);
        }
        return events;
    }
}
