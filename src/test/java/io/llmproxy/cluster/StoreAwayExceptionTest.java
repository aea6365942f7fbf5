package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.exceptions.JedisDataException;

class StoreAwayExceptionTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            READONLY You can't write against a read only replica. | READONLY
            ERR Error running script (call to f_1a2b): @user_script:94: @user_script: 94: -READONLY You can't write against a read only replica. | READONLY
            ERR Error running script (call to f_1a2b): @user_script:94: @user_script: 94: -OOM command not allowed | OOM
            ERR Error running script (call to f_1a2b): @user_script:1: user_script:1: attempt to index a nil value | ERR
            ERR unknown command | ERR
            something else | an error
            """)
    void anErrorIsToldByItsCodeWhereverThatStands(String message, String code) {
        assertThat(StoreAwayException.of(new JedisDataException(message)).reason())
                .isEqualTo("it answers " + code);
    }
}
