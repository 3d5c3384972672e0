// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// An ERC-20 with as many decimals as one likes; anybody can mint.
contract TestToken {
    mapping(address => uint256) public balanceOf;
    uint8 public immutable decimals;
    uint256 public totalSupply;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 value) external {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        require(balanceOf[msg.sender] >= value, "not enough");
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

/// Balances grow and shrink for all at once, without a transfer.
contract RebasingToken {
    mapping(address => uint256) private shares;
    uint256 public percent = 100;
    uint8 public constant decimals = 18;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function balanceOf(address holder) external view returns (uint256) {
        return shares[holder] * percent / 100;
    }

    function mint(address to, uint256 value) external {
        shares[to] += value * 100 / percent;
        emit Transfer(address(0), to, value);
    }

    function rebase(uint256 percent_) external {
        percent = percent_;
    }
}

/// A wallet that is a contract: its owner's signature is its own (ERC-1271).
contract OwnedWallet {
    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function setOwner(address owner_) external {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        address signer = ecrecover(hash, v < 27 ? v + 27 : v, r, s);
        return signer != address(0) && signer == owner ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    function pull(TestToken token, address to, uint256 value) external {
        require(msg.sender == owner, "not the owner");
        token.transfer(to, value);
    }
}

/// A wallet that ends every question about signatures with a revert.
contract RevertingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert("no");
    }
}
