package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskedChoicesTest {
    private static int asked(String path, ByteBuffer... pieces) {
        return AskedChoices.of(ApiPath.of(path).endpoint(), List.of(pieces));
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

    @ParameterizedTest
    @CsvSource({"5", "6", "7", "8"})
    void aNumberMayBeCut(int cut) {
        String body = "{\"n\":128}";
        assertThat(asked("/v1/chat/completions", piece(body.substring(0, cut)), piece(body.substring(cut))))
                .isEqualTo(128);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "3 | {'prompt':['a','b','c']}",
                "6 | {'n':2,'prompt':['a','b','c'],'best_of':4}",
                "6 | {'prompt':['a','b','c'],'n':2}",
                "2 | {'prompt':[[1,2,3],[4,5]]}",
                "1 | {'prompt':[1,2,3]}",
                "2 | {'prompt':'a','n':2}",
                "1 | {'prompt':[]}",
                "2 | {'prompt':['a','b'",
                "1 | {'other':['a','b']}",
            })
    void eachPromptOfACompletionIsAnswered(int expected, String text) {
        String body = text.replace('\'', '"');
        for (int cut = 0; cut <= body.length(); cut++) {
            assertThat(asked("/v1/completions", piece(body.substring(0, cut)), piece(body.substring(cut))))
                    .isEqualTo(expected);
        }
        assertThat(asked("/openai/deployments/d/completions", piece(body))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "4 | {'generationConfig':{'topK':1,'candidateCount':4}}",
                "4 | {'generation_config':{'candidate_count':4,'a':{'candidateCount':5}},'contents':[]}",
                "1 | {'candidateCount':4}",
                "1 | {'generationConfig':{'a':{'candidateCount':4}}}",
                "1 | {'contents':{'candidateCount':4},'generationConfig':{}}",
                "1 | {'generationConfig':[{'candidateCount':4}]}",
                "1 | {'n':4}",
            })
    void geminiAsksInItsConfiguration(int expected, String text) {
        String body = text.replace('\'', '"');
        assertThat(asked("/v1beta/models/g:streamGenerateContent", piece(body))).isEqualTo(expected);
        assertThat(asked("/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent", piece(body)))
                .isEqualTo(expected);
        assertThat(asked("/v1/chat/completions", piece(body.replace("\"n\"", "\"m\""))))
                .isEqualTo(1);
    }
}
