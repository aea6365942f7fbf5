package io.llmproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8CheckTest {
    private static boolean isText(byte[] bytes) {
        Utf8Check check = new Utf8Check();
        return check.accept(ByteBuffer.wrap(bytes)) && check.isWhole();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                "C0AF",
                "C1BF",
                "E080AF",
                "E0",
                "EDA080",
                "F08080AF",
                "F4908080",
                "F5808080",
                "FF",
                "C328",
                "F09F98"
            })
    void whatIsNoUtf8IsFound(String hex) {
        assertThat(isText(HexFormat.of().parseHex(hex))).isFalse();
    }

    @Test
    void textMayBeCutAnywhere() {
        byte[] text = "a\u00e9\u20ac\ud7ff\ue000\uffff\ud83d\ude00\udbff\udfff".getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= text.length; cut++) {
            Utf8Check check = new Utf8Check();
            assertThat(check.accept(ByteBuffer.wrap(text, 0, cut))).isTrue();
            assertThat(check.accept(ByteBuffer.wrap(text, cut, text.length - cut)))
                    .isTrue();
            assertThat(check.isWhole()).isTrue();
        }
    }

    @Test
    void aCharacterThatIsNotWholeIsNoEnd() {
        Utf8Check check = new Utf8Check();
        assertThat(check.accept(ByteBuffer.wrap(new byte[] {'a', (byte) 0xE2, (byte) 0x82})))
                .isTrue();
        assertThat(check.isWhole()).isFalse();
    }

    /** The JDK's decoder is the judge. */
    @Test
    void allPairsAndTheirLikeAreJudgedAsTheJdkDoes() {
        for (int first = 0x80; first <= 0xFF; first++) {
            for (int second = 0x00; second <= 0xFF; second++) {
                for (String rest : new String[] {"", "80", "8080"}) {
                    byte[] bytes = HexFormat.of().parseHex("%02x%02x".formatted(first, second) + rest);
                    assertThat(isText(bytes))
                            .as(HexFormat.of().formatHex(bytes))
                            .isEqualTo(isTextForTheJdk(bytes));
                }
            }
        }
    }

    private static boolean isTextForTheJdk(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
