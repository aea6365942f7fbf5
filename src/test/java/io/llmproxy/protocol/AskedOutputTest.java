package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskedOutputTest {
    private static long asked(String json, int piece) {
        byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += piece) {
            pieces.add(ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at)));
        }
        return AskedOutput.of(pieces);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'model':'m','max_tokens':12} | 12",
                "{'max_completion_tokens':34,'max_tokens':12} | 34",
                "{'max_output_tokens':5,'input':'x'} | 5",
                "{'max_tokens_to_sample':6} | 6",
                "{'contents':[{'max_tokens':9}],'generationConfig':{'maxOutputTokens':77,'topK':3}} | 77",
                "{'generation_config':{'max_output_tokens':78}} | 78",
                "{'other':{'maxOutputTokens':77}} | 9223372036854775807",
                "{'maxOutputTokens':77} | 9223372036854775807",
                "{'generationConfig':{},'other':{'maxOutputTokens':77}} | 9223372036854775807",
                "{'max_tokens':'12'} | 9223372036854775807",
                "{'max_tokens':null,'n':3} | 9223372036854775807",
                "{'max_tokens':0} | 9223372036854775807",
                "{'max_tokens':99999999999999999999} | 1000000000",
                "{'max_tokens':1e5} | 9223372036854775807",
                "{'max_tokens':100.0} | 9223372036854775807",
                "{'max_tokens':2E3,'max_completion_tokens':34} | 34",
                "{'max_tokens':12 | 12",
                "{'max_tokens':12,,} | 9223372036854775807",
                "[1] | 9223372036854775807"
            })
    void aRequestSaysHowMuchItAsksForAtMost(String json, long most) {
        assertThat(asked(json, 1000)).isEqualTo(most);
        assertThat(asked(json, 1)).isEqualTo(most);
        assertThat(asked(json, 7)).isEqualTo(most);
    }
}
