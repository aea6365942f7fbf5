package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskedChoicesTest {
    private static int asked(String path, ByteBuffer... pieces) {
        return AskedChoices.of(path, List.of(pieces));
    }

    private static ByteBuffer piece(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "3 | {'n':3}",
                "12 | {'messages':[{'n':5}], 'n' : 12 ,'stream':true}",
                "128 | {'a':'n','n':128}",
                "999 | {'n':99999999999999999999}",
                "1 | {'n':0}",
                "1 | {'n':null}",
                "1 | {'n':'3'}",
                "1 | {'n':-3}",
                "1 | {'max':{'n':3}}",
                "1 | {'a':'\\'n\\':3'}",
                "1 | {'n':",
                "1 | {n:3}",
                "1 | [{'n':3}]",
                "1 | ``",
            })
    void theMemberOfTheOutermostObjectCounts(int expected, String text) {
        String body = text.replace('\'', '"');
        assertThat(asked("/v1/chat/completions", piece(body))).isEqualTo(expected);
        assertThat(asked("/v1/messages", piece(body))).isEqualTo(1);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(body.length()).put(piece(body)).flip();
        assertThat(asked("/v1/completions", direct)).isEqualTo(expected);
        assertThat(direct.remaining()).isEqualTo(body.length());
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3", "4"})
    void piecesMayBeCutAnywhereBeforeTheNumber(int cut) {
        String body = "{\"n\":3}";
        assertThat(asked("/v1/chat/completions", piece(body.substring(0, cut)), piece(body.substring(cut))))
                .isEqualTo(3);
    }
}
