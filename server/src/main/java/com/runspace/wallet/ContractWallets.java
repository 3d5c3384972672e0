package com.runspace.wallet;

import com.runspace.chain.Address;
import com.runspace.chain.EvmChain.SignatureAnswer;

/** Asks contracts whether a signature is theirs (ERC-1271), on the chains that are configured. */
@FunctionalInterface
public interface ContractWallets {
  /** Contract wallets cannot sign in. */
  ContractWallets NONE = (_, _, _, _) -> SignatureAnswer.INVALID;

  /**
   * Asks the contract. Blocks, for a few seconds at most.
   *
   * @param chainId where the contract is
   * @param hash 32 bytes
   */
  SignatureAnswer check(long chainId, Address wallet, byte[] hash, byte[] signature);
}
